#include "tools/sandbox/feed/feed_groups.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/feed/feed_store.h"

namespace sluice::sandbox {
namespace {

TEST(FeedGroupsTest, ReadsGroupsOfAnApplication) {
  const auto flat = ParseFeedGroup("topic");
  ASSERT_TRUE(flat.ok());
  EXPECT_EQ(flat->kind, FeedKind::kFlat);
  const auto daily =
      ParseFeedGroup("daily:aggregated:{{ time.strftime('%d') }}");
  ASSERT_TRUE(daily.ok());
  EXPECT_EQ(daily->slug, "daily");
  EXPECT_EQ(daily->kind, FeedKind::kAggregated);
  EXPECT_EQ(daily->format, "{{ time.strftime('%d') }}");
  EXPECT_EQ(ParseFeedGroup("n:notification")->format,
            AggregationFormat::kStandard);
  EXPECT_FALSE(ParseFeedGroup("").ok());
  EXPECT_FALSE(ParseFeedGroup("a b").ok());
  EXPECT_FALSE(ParseFeedGroup("a:ranked").ok());
}

TEST(FeedGroupsTest, TakesUnknownGroupsForFlatUnlessStrict) {
  const FeedGroups open(StandardFeedGroups(), false, [] { return 1; });
  EXPECT_EQ(open.KindOf("room:1"), FeedKind::kFlat);
  EXPECT_EQ(open.KindOf("notification:1"), FeedKind::kNotification);
  const FeedGroups strict(StandardFeedGroups(), true, [] { return 1; });
  EXPECT_EQ(strict.KindOf("room:1"), std::nullopt);
  EXPECT_EQ(strict.KindOf("user:1"), FeedKind::kFlat);
}

TEST(FeedGroupsTest, MakesIdsOfKeyAndTimeOfChange) {
  // As recorded from the service.
  FeedGroups groups(StandardFeedGroups(), false,
                    [] { return int64_t{1'577'934'245'200'000}; });
  FeedStore store(&groups);
  store.Add("notification:1", {.id = MakeActivityId("x", 1'577'934'245'123'456),
                               .foreign_id = "x",
                               .json = R"({"actor":"a","verb":"tweet"})"});
  const GroupPart part = groups.Read("notification:1", {});
  ASSERT_EQ(part.groups.size(), 1u);
  EXPECT_EQ(part.groups[0].id.ToText(), "89254500-2d0c-11ea-8080-800155c69969");
  EXPECT_EQ(part.groups[0].group->key, "tweet_2020-01-02");
}

}  // namespace
}  // namespace sluice::sandbox
