// Aggregated and notification feeds.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/feed/feed_emulator_testing.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeedNotificationTest : public FeedEmulatorFixture {
 protected:
  static std::string Tweet(const std::string& id, const std::string& verb,
                           const std::string& actor = "a") {
    return absl::StrCat(R"({"actor":")", actor, R"(","verb":")", verb,
                        R"(","object":"o","foreign_id":"t:)", id,
                        R"(","time":"2020-01-02T03:04:0)", id, "\"}");
  }
  json::array Groups(const std::string& path) {
    return Ask("GET", path).at("results").as_array();
  }
};

TEST_F(FeedNotificationTest, GroupsByVerbAndDay) {
  Ask("POST", "feed/aggregated/1/", Tweet("1", "tweet"));
  Ask("POST", "feed/aggregated/1/", Tweet("2", "tweet", "b"));
  Ask("POST", "feed/aggregated/1/", Tweet("3", "like"));
  const json::array groups = Groups("feed/aggregated/1/");
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].at("group"), "like_2020-01-02");
  const json::object& tweets = groups[1].as_object();
  EXPECT_EQ(tweets.at("group"), "tweet_2020-01-02");
  EXPECT_EQ(tweets.at("activity_count"), 2);
  EXPECT_EQ(tweets.at("actor_count"), 2);
  EXPECT_EQ(tweets.at("verb"), "tweet");
  EXPECT_EQ(tweets.at("activities").at(0).at("foreign_id"), "t:2");
  EXPECT_FALSE(tweets.contains("is_seen"));
  EXPECT_EQ(Text(tweets.at("id")).size(), 36u);
  EXPECT_EQ(Text(tweets.at("created_at")).size(), 26u);
}

TEST_F(FeedNotificationTest, ShowsTheStateBeforeTheMarking) {
  Ask("POST", "feed/notification/1/", Tweet("1", "tweet"));
  Ask("POST", "feed/notification/1/", Tweet("2", "like"));
  const json::object before = Ask("GET", "feed/notification/1/?mark_seen=true");
  EXPECT_EQ(before.at("results").at(0).at("is_seen"), false);
  EXPECT_EQ(before.at("unseen"), 0);
  EXPECT_EQ(before.at("unread"), 2);
  const json::object after = Ask("GET", "feed/notification/1/");
  EXPECT_EQ(after.at("results").at(0).at("is_seen"), true);
  EXPECT_EQ(after.at("results").at(0).at("is_read"), false);
}

TEST_F(FeedNotificationTest, MarksByIdAndForgetsMarksOfGroupsThatGrow) {
  Ask("POST", "feed/notification/1/", Tweet("1", "tweet"));
  Ask("POST", "feed/notification/1/", Tweet("2", "like"));
  json::array groups = Groups("feed/notification/1/");
  const std::string tweets = Text(groups[1].at("id"));
  EXPECT_THAT(tweets, HasSubstr(".tweet_2020-01-02"));
  Ask("GET", "feed/notification/1/?mark_read=unknown," + tweets);
  groups = Groups("feed/notification/1/");
  EXPECT_EQ(groups[0].at("is_read"), false);
  EXPECT_EQ(groups[1].at("is_read"), true);
  EXPECT_EQ(groups[1].at("is_seen"), false);
  Ask("POST", "feed/notification/1/", Tweet("3", "tweet"));
  groups = Groups("feed/notification/1/");
  EXPECT_EQ(groups[0].at("group"), "tweet_2020-01-02");
  EXPECT_EQ(groups[0].at("is_read"), false);
  EXPECT_NE(Text(groups[0].at("id")), tweets);
}

TEST_F(FeedNotificationTest, MarksWhatStandsOnThePage) {
  Ask("POST", "feed/notification/1/", Tweet("1", "tweet"));
  Ask("POST", "feed/notification/1/", Tweet("2", "like"));
  const json::object answer =
      Ask("GET", "feed/notification/1/?limit=1&mark_seen=current");
  EXPECT_EQ(answer.at("unseen"), 1);
  EXPECT_THAT(Text(answer.at("next")), HasSubstr("id_lt="));
  EXPECT_THAT(Groups(Text(answer.at("next")).substr(10)), SizeIs(1));
}

TEST_F(FeedNotificationTest, FollowsActivitiesIntoGroupsAndOut) {
  Ask("POST", "feed/user/1/", Tweet("1", "tweet"));
  Ask("POST", "feed/timeline_aggregated/1/follows/", R"({"target":"user:1"})");
  Ask("POST", "feed/user/1/", Tweet("2", "tweet"));
  json::array groups = Groups("feed/timeline_aggregated/1/");
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_EQ(groups[0].at("activity_count"), 2);
  EXPECT_EQ(groups[0].at("activities").at(0).at("origin"), "user:1");
  Ask("DELETE", "feed/user/1/t:1/?foreign_id=1");
  EXPECT_EQ(Groups("feed/timeline_aggregated/1/")[0].at("activity_count"), 1);
  Ask("DELETE", "feed/timeline_aggregated/1/follows/user:1/");
  EXPECT_THAT(Groups("feed/timeline_aggregated/1/"), IsEmpty());
}

TEST_F(FeedNotificationTest, RefusesFeedsThatCannotBeFollowed) {
  EXPECT_EQ(
      Ask("POST", "feed/timeline/1/follows/", R"({"target":"notification:1"})")
          .at("code"),
      4);
  EXPECT_EQ(
      Ask("POST", "feed/user/1/follows/", R"({"target":"user:1"})").at("code"),
      4);
}

TEST_F(FeedNotificationTest, SaysThatAFormatIsWrong) {
  Ask("POST", "feed/invalid_aggregation_format/1/", Tweet("1", "tweet"));
  EXPECT_EQ(status_, 201);
  const json::object answer = Ask("GET", "feed/invalid_aggregation_format/1/");
  EXPECT_EQ(status_, 400);
  EXPECT_EQ(answer.at("code"), 14);
  EXPECT_EQ(answer.at("exception"), "JinjaRuntimeException");
}

TEST_F(FeedNotificationTest, ShowsGroupsAsAPage) {
  Ask("POST", "feed/notification/1/", Tweet("1", "<b>"));
  auto responder = std::make_shared<FakeResponder>();
  emulator_->Handle(MakeRequest("GET", "/pages/feed/notification/1"),
                    responder);
  EXPECT_THAT(responder->answer->body, HasSubstr("&lt;b&gt;_2020-01-02"));
  EXPECT_THAT(responder->answer->body, HasSubstr("unseen"));
}

}  // namespace
}  // namespace sluice::sandbox
