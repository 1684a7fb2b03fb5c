#include "plugins/feed/client/arguments.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::feed {
namespace {

// The argument that an error names.
std::string Named(const absl::Status& status) {
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  return message.substr(0, message.find(": "));
}

TEST(ArgumentsTest, TakesTimesThatTheServiceTakes) {
  for (const char* time :
       {"2020-01-02T03:04:05", "2020-01-02T03:04:05.123456",
        "2020-01-02T03:04:05.999999999Z", "2020-01-02T03:04:05+01:00",
        "2020-01-02T03:04:05.5-0930"}) {
    EXPECT_TRUE(CheckTime("time", time).ok()) << time;
  }
  for (const char* time : {"", "2020-01-02", "today", "2020-13-02T03:04:05",
                           "2020-01-02T03:04:05+1", "2020-01-02 03:04:05,1"}) {
    EXPECT_EQ(Named(CheckTime("time", time)), "time") << time;
  }
}

TEST(ArgumentsTest, WritesTimesAsActivitiesHaveThem) {
  EXPECT_EQ(FeedTime(absl::FromUnixMicros(1'577'934'245'123'456)),
            "2020-01-02T03:04:05.123456");
  EXPECT_EQ(FeedTime(absl::UnixEpoch()), "1970-01-01T00:00:00.000000");
}

TEST(ArgumentsTest, TakesActivitiesWithTargetsOfAnyForm) {
  for (const char* activity :
       {"{}", R"({"actor":1})", R"({"to":null})", R"({"to":[]})",
        R"({"to":["user:44","user:45 token"]})"}) {
    EXPECT_TRUE(CheckActivity("activity", activity).ok()) << activity;
  }
}

TEST(ArgumentsTest, NamesWhatIsWrongWithAnActivity) {
  const auto named = [](std::string_view activity) {
    return Named(CheckActivity("activity", activity));
  };
  EXPECT_EQ(named("{"), "activity");
  EXPECT_EQ(named("[]"), "activity");
  EXPECT_EQ(named(R"({"to":"user:44"})"), "activity.to");
  EXPECT_EQ(named(R"({"to":["user:44","user"]})"), "activity.to[1]");
  EXPECT_EQ(named(R"({"to":[7]})"), "activity.to[0]");
  std::string many;
  for (int i = 0; i < 101; ++i) many += i == 0 ? "\"a:b\"" : ",\"a:b\"";
  EXPECT_EQ(named("{\"to\":[" + many + "]}"), "activity.to");
  EXPECT_EQ(Named(CheckActivities("activities", {"{}", R"({"to":1})"})),
            "activities[1].to");
}

TEST(ArgumentsTest, JoinsListsOfWhatCanBeInThem) {
  EXPECT_EQ(*JoinList("ids", {"a", "b c"}), "a,b c");
  EXPECT_EQ(Named(JoinList("ids", {}).status()), "ids");
  EXPECT_EQ(Named(JoinList("ids", {"a", ""}).status()), "ids[1]");
  EXPECT_EQ(Named(JoinList("ids", {"a,b"}).status()), "ids[0]");
  EXPECT_EQ(Named(JoinList("ids", {"\xff"}).status()), "ids[0]");
}

TEST(ArgumentsTest, NamesTheFeedThatIsNone) {
  EXPECT_TRUE(ParseFeed("feed", "user:1").ok());
  EXPECT_EQ(ParseFeed("feed", "user").status().message(),
            "feed: \"user\" is no feed; a feed is group:id with letters, "
            "digits, \"_\" and \"-\" in both");
  EXPECT_EQ(Named(CheckFeeds("feeds", {"user:1", "a:b:c"})), "feeds[1]");
}

TEST(ArgumentsTest, RefusesOtherJson) {
  EXPECT_TRUE(ParseObject("data", "{}").ok());
  EXPECT_EQ(Named(ParseObject("data", "[]").status()), "data");
  EXPECT_EQ(Named(ParseObject("data", "x").status()), "data");
  EXPECT_TRUE(ParseArray("events", "[]").ok());
  EXPECT_EQ(Named(ParseArray("events", "{}").status()), "events");
  EXPECT_EQ(Named(CheckCount("limit", -1)), "limit");
  EXPECT_EQ(Named(CheckText("user_id", "")), "user_id");
}

}  // namespace
}  // namespace sluice::feed
