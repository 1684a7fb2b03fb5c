#include "plugins/feed/client/feed_name.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice::feed {
namespace {

TEST(FeedNameTest, ReadsGroupAndId) {
  auto name = ParseFeedName("timeline_aggregated:room-99_A");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->group, "timeline_aggregated");
  EXPECT_EQ(name->id, "room-99_A");
}

TEST(FeedNameTest, RefusesEverythingElse) {
  for (std::string_view text :
       {"", "room", "room:", ":99", "room:9:9", "room:9 9", "ro/om:9",
        "room:Küche", "room:.."}) {
    EXPECT_EQ(ParseFeedName(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_EQ(ParseFeedName("room:Raum 9").status().message(),
            "\"room:Raum 9\" is no feed; a feed is group:id with letters, "
            "digits, \"_\" and \"-\" in both");
}

}  // namespace
}  // namespace sluice::feed
