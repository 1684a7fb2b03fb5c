#include "tools/sandbox/feed/feed_emulator.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/feed/feed_emulator_testing.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kTweet[] =
    R"({"actor":1,"verb":"tweet","object":1,"foreign_id":"tweet:1",)"
    R"("time":"2020-01-02T03:04:05.123456"})";
constexpr char kTweetId[] = "89199700-2d0c-11ea-8080-80003644b625";

using FeedEmulatorTest = FeedEmulatorFixture;

TEST_F(FeedEmulatorTest, AddsAnActivityInTheServicesShape) {
  const json::object answer = Ask("POST", "feed/user/1/", kTweet);
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(json::value(answer), json::parse(absl::StrCat(
                                     R"({"actor":"1","verb":"tweet",
      "object":"1","foreign_id":"tweet:1","target":"","origin":null,
      "time":"2020-01-02T03:04:05.123456","id":")",
                                     kTweetId, "\"}")));
  const json::object read = Ask("GET", "feed/user/1/");
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(read.at("results"), json::value(json::array{answer}));
  EXPECT_EQ(read.at("next"), "");
}

TEST_F(FeedEmulatorTest, KeepsCustomFieldsExactly) {
  const json::object answer =
      Ask("POST", "feed/user/1/",
          R"({"actor":"a","verb":"v","object":"o","id":"x","origin":null,
              "nested":{"list":[1,2.5,null,true],"text":"h\u00e9\"\\\n"},
              "big":18446744073709551615})");
  EXPECT_EQ(answer.at("nested"),
            json::parse(R"({"list":[1,2.5,null,true],"text":"hé\"\\\n"})"));
  EXPECT_EQ(answer.at("big").as_uint64(), 18446744073709551615u);
  EXPECT_FALSE(answer.contains("to"));
}

TEST_F(FeedEmulatorTest, AnswersABatchInItsOrder) {
  const json::object answer =
      Ask("POST", "feed/user/1/",
          absl::StrCat("{\"activities\":[", Activity("x:b", 2), ",",
                       Activity("x:a", 1), "]}"));
  EXPECT_EQ(status_, 201);
  const json::array& activities = answer.at("activities").as_array();
  ASSERT_THAT(activities, SizeIs(2));
  EXPECT_EQ(activities[0].at("foreign_id"), "x:b");
  EXPECT_EQ(activities[1].at("foreign_id"), "x:a");
  EXPECT_THAT(Read("feed/user/1/"), ElementsAre("x:b", "x:a"));
}

TEST_F(FeedEmulatorTest, GivesActivitiesWithoutTimeLaterAndLaterTimes) {
  Ask("POST", "feed/user/1/",
      R"({"activities":[{"actor":"a","verb":"v","object":"1","time":null},
                        {"actor":"a","verb":"v","object":"2"}]})");
  const json::object read = Ask("GET", "feed/user/1/");
  const json::array& results = read.at("results").as_array();
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_EQ(results[0].at("object"), "2");
  EXPECT_LT(results[1].at("time").as_string(),
            results[0].at("time").as_string());
}

TEST_F(FeedEmulatorTest, TakesTheSameDataAtTheSameTimeForOneActivity) {
  const std::string body =
      R"({"actor":"a","verb":"v","object":"o","time":"2024-01-01T00:00:00"})";
  const json::object first = Ask("POST", "feed/user/1/", body);
  EXPECT_EQ(Ask("POST", "feed/user/1/", body), first);
  EXPECT_THAT(Read("feed/user/1/"), SizeIs(1));
}

TEST_F(FeedEmulatorTest, TellsTheLedgerOfActivitiesAndRepeats) {
  ledger_.Published("e1", "device");
  ledger_.Published("e2", "device");
  const std::string both = absl::StrCat(
      "{\"activities\":[", Activity("p-1:e1", 1, R"(,"to":["flat:1"])"), ",",
      Activity("p-1:e2", 2), "]}");
  Ask("POST", "feed/user/1/", both);
  Ask("POST", "feed/user/1/", both);
  const LedgerReport report = ledger_.Report();
  ASSERT_THAT(report.destinations, SizeIs(1));
  EXPECT_EQ(report.destinations[0].received, 2);
  EXPECT_EQ(report.destinations[0].repeated, 2);
  EXPECT_EQ(report.destinations[0].duplicated, 0);
  EXPECT_EQ(report.destinations[0].missing, 0);
  // The same event under another time is another activity.
  Ask("POST", "feed/user/1/", Activity("p-1:e1", 9));
  EXPECT_EQ(ledger_.Report().destinations[0].duplicated, 1);
}

TEST_F(FeedEmulatorTest, ReadsPageByPageAlongNext) {
  for (int i = 1; i <= 5; ++i) {
    Ask("POST", "feed/user/1/", Activity(absl::StrCat("x:", i), i));
  }
  std::string path = "feed/user/1/?limit=2";
  std::vector<std::string> seen;
  for (int pages = 0; pages < 3; ++pages) {
    for (std::string& id : Read(path)) seen.push_back(std::move(id));
    path = std::string(Ask("GET", path).at("next").as_string());
    if (path.empty()) break;
    EXPECT_THAT(path, HasSubstr("limit=2"));
    path = path.substr(std::string("/api/v1.0/").size());
  }
  EXPECT_THAT(seen, ElementsAre("x:5", "x:4", "x:3", "x:2", "x:1"));
  EXPECT_EQ(path, "");
  EXPECT_THAT(Read("feed/user/1/?limit=2&offset=3"), ElementsAre("x:2", "x:1"));
}

TEST_F(FeedEmulatorTest, FansOutToTargetsAndFollowers) {
  Ask("POST", "feed/timeline/1/follows/", R"({"target":"building:1"})");
  EXPECT_EQ(status_, 201);
  Ask("POST", "feed/room/1/",
      Activity("x:1", 1, R"(,"to":["building:1 token"])"));
  EXPECT_THAT(Read("feed/building/1/"), ElementsAre("x:1"));
  EXPECT_THAT(Read("feed/timeline/1/"), ElementsAre("x:1<building:1"));
  const json::object following = Ask("GET", "feed/timeline/1/following/");
  EXPECT_EQ(following.at("results").at(0).at("target_id"), "building:1");
  const json::object followers =
      Ask("GET", "feed/building/1/followers/?filter=timeline:1,user:9");
  EXPECT_EQ(followers.at("results").at(0).at("feed_id"), "timeline:1");
  EXPECT_THAT(Ask("GET", "feed/building/1/followers/?filter=user:9")
                  .at("results")
                  .as_array(),
              IsEmpty());
  Ask("DELETE", "feed/timeline/1/follows/building:1/", "{}");
  EXPECT_EQ(status_, 200);
  EXPECT_THAT(Read("feed/timeline/1/"), IsEmpty());
}

TEST_F(FeedEmulatorTest, FollowsManyWithACopyLimit) {
  for (int i = 1; i <= 3; ++i) {
    Ask("POST", "feed/user/1/", Activity(absl::StrCat("x:", i), i));
  }
  Ask("POST", "follow_many/?activity_copy_limit=1",
      R"([{"source":"flat:1","target":"user:1"},
          {"source":"flat:2","target":"user:1","activity_copy_limit":2}])");
  EXPECT_EQ(status_, 201);
  EXPECT_THAT(Read("feed/flat/1/"), SizeIs(1));
  EXPECT_THAT(Read("feed/flat/2/"), SizeIs(2));
  const json::object stats =
      Ask("GET", "stats/follow/?followers=user:1&following=flat:1");
  EXPECT_EQ(stats.at("results").at("followers").at("count"), 2);
  EXPECT_EQ(stats.at("results").at("following").at("count"), 1);
  Ask("POST", "unfollow_many/", R"([{"source":"flat:1","target":1}])");
  EXPECT_EQ(status_, 400);
  Ask("POST", "unfollow_many/", R"([{"source":"flat:1","target":"user:1"}])");
  EXPECT_THAT(Read("feed/flat/1/"), IsEmpty());
  Ask("POST", "follow_many/?activity_copy_limit=5000", "[]");
  EXPECT_EQ(status_, 400);
}

TEST_F(FeedEmulatorTest, RemovesByIdAndByForeignId) {
  Ask("POST", "feed/user/1/", kTweet);
  const json::object answer =
      Ask("DELETE", absl::StrCat("feed/user/1/", kTweetId, "/"));
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(answer.at("removed"), kTweetId);
  EXPECT_THAT(Read("feed/user/1/"), IsEmpty());
  Ask("POST", "feed/user/1/", Activity("a/b:1", 1));
  Ask("DELETE", "feed/user/1/a%2Fb:1/?foreign_id=1");
  EXPECT_THAT(Read("feed/user/1/"), IsEmpty());
  Ask("DELETE", "feed/user/1/nothing/?foreign_id=1");
  EXPECT_EQ(status_, 200);
}

TEST_F(FeedEmulatorTest, FindsActivitiesByIdAndByForeignIdAndTime) {
  Ask("POST", "feed/user/1/", kTweet);
  EXPECT_THAT(Read(absl::StrCat("activities/?ids=", kTweetId, ",none")),
              ElementsAre("tweet:1"));
  EXPECT_THAT(Read("activities/?foreign_ids=tweet:1&timestamps="
                   "2020-01-02T03%3A04%3A05.123456"),
              ElementsAre("tweet:1"));
  Ask("GET", "activities/");
  EXPECT_EQ(status_, 400);
}

TEST_F(FeedEmulatorTest, ChangesActivitiesInPart) {
  Ask("POST", "feed/user/1/",
      Activity("x:1", 1, R"(,"product":{"price":1,"name":"n"},"old":1)"));
  const json::object answer =
      Ask("POST", "activity/",
          R"({"changes":[{"foreign_id":"x:1","time":"2024-01-01T00:00:01",
          "set":{"product.price":2.5,"new.deep":[1]},
          "unset":["old","never.was"]}]})");
  EXPECT_EQ(status_, 201);
  const json::value& changed = answer.at("activities").at(0);
  EXPECT_EQ(changed.at("product"), json::parse(R"({"price":2.5,"name":"n"})"));
  EXPECT_EQ(changed.at("new"), json::parse(R"({"deep":[1]})"));
  EXPECT_FALSE(changed.as_object().contains("old"));
  EXPECT_EQ(Ask("GET", "feed/user/1/").at("results").at(0), changed);
  Ask("POST", "activity/",
      R"({"foreign_id":"x:1","time":"2024-01-01T00:00:01",
          "set":{"time":"now"}})");
  EXPECT_EQ(status_, 400);
  EXPECT_EQ(Ask("POST", "activity/",
                R"({"foreign_id":"x:2","time":"2024-01-01T00:00:01"})")
                .at("code"),
            13);
}

TEST_F(FeedEmulatorTest, ReplacesActivitiesAndTheirTargets) {
  Ask("POST", "feed/user/1/",
      Activity("x:1", 1, R"(,"old":1,"to":["flat:1"])"));
  Ask("POST", "activities/",
      absl::StrCat("{\"activities\":[", Activity("x:1", 1, ",\"new\":1"),
                   "]}"));
  const json::object read = Ask("GET", "feed/user/1/");
  const json::object& activity = read.at("results").at(0).as_object();
  EXPECT_TRUE(activity.contains("new"));
  EXPECT_FALSE(activity.contains("old"));
  const json::object answer =
      Ask("POST", "feed_targets/user/1/activity_to_targets/",
          R"({"foreign_id":"x:1","time":"2024-01-01T00:00:01",
              "new_targets":["flat:2"]})");
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(answer.at("added"), json::array{"flat:2"});
  EXPECT_EQ(answer.at("removed"), json::array{"flat:1"});
  EXPECT_THAT(Read("feed/flat/1/"), IsEmpty());
  EXPECT_THAT(Read("feed/flat/2/"), ElementsAre("x:1"));
  Ask("POST", "activities/",
      R"({"activities":[{"actor":"a","verb":"v","object":"o"}]})");
  EXPECT_EQ(status_, 400);
}

TEST_F(FeedEmulatorTest, NamesTheFieldsThatAreWrong) {
  const json::object answer =
      Ask("POST", "feed/user/1/", R"({"verb":"v","object":"o"})");
  EXPECT_EQ(status_, 400);
  EXPECT_EQ(answer.at("code"), 4);
  EXPECT_EQ(answer.at("exception"), "InputException");
  EXPECT_EQ(answer.at("detail"), "Errors for fields 'actor'");
  EXPECT_EQ(answer.at("exception_fields"),
            json::parse(R"({"actor":["this field is required"]})"));
}

TEST_F(FeedEmulatorTest, StoresNothingOfABatchWithAWrongActivity) {
  const json::object answer =
      Ask("POST", "feed/user/1/",
          absl::StrCat("{\"activities\":[", Activity("x:1", 1),
                       R"(,{"actor":"a","object":"o"},7]})"));
  EXPECT_EQ(status_, 400);
  const json::array& fields = answer.at("exception_fields").as_array();
  ASSERT_THAT(fields, SizeIs(3));
  EXPECT_THAT(fields[0].as_object(), IsEmpty());
  EXPECT_TRUE(fields[1].as_object().contains("verb"));
  EXPECT_THAT(Read("feed/user/1/"), IsEmpty());
}

TEST_F(FeedEmulatorTest, RefusesTooMuch) {
  const std::string large = Activity(
      "x:1", 1, absl::StrCat(",\"x\":\"", std::string(11'000, 'x'), "\""));
  EXPECT_EQ(Ask("POST", "feed/user/1/", large).at("code"), 4);
  EXPECT_EQ(Ask("POST", "feed/user/1/", std::string(200'000, ' ')).at("code"),
            18);
  EXPECT_EQ(status_, 413);
  std::string many = "{\"activities\":[";
  for (int i = 0; i < 101; ++i) {
    absl::StrAppend(&many, i == 0 ? "" : ",", Activity("x:1", 1));
  }
  EXPECT_EQ(Ask("POST", "feed/user/1/", many + "]}").at("code"), 4);
}

TEST_F(FeedEmulatorTest, KnowsOnlyItsGroupsIfItHasAny) {
  FeedOptions options;
  options.groups = {{.slug = "user"}};
  options.only_these_groups = true;
  Restart(options);
  Ask("POST", "feed/user/1/", kTweet);
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(Ask("POST", "feed/flat/1/", kTweet).at("code"), 6);
  EXPECT_EQ(
      Ask("POST", "feed/user/1/", Activity("x:1", 1, R"(,"to":["flat:1"])"))
          .at("code"),
      6);
}

TEST_F(FeedEmulatorTest, LimitsTheRateIfAsked) {
  FeedOptions options;
  options.rate_limits = true;
  options.rate_limit_factor = 0.002;
  Restart(options);
  HttpResponse response = Say("POST", "feed/user/1/", kTweet);
  EXPECT_EQ(FindHeader(response.headers, "X-RateLimit-Limit"), "2");
  EXPECT_EQ(FindHeader(response.headers, "X-RateLimit-Remaining"), "1");
  Ask("POST", "feed/user/1/", kTweet);
  response = Say("POST", "feed/user/1/", kTweet);
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("RateLimitReached"));
  Ask("GET", "feed/user/1/");
  EXPECT_EQ(status_, 200);
  executor_.Advance(absl::Minutes(1));
  Ask("POST", "feed/user/1/", kTweet);
  EXPECT_EQ(status_, 201);
}

TEST_F(FeedEmulatorTest, FailsInTheServicesWords) {
  Fault fault;
  fault.status = 429;
  fault.retry_after = absl::Seconds(3);
  HttpResponse response = emulator_->FaultAnswer(fault);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(FindHeader(response.headers, "X-RateLimit-Remaining"), "0");
  EXPECT_EQ(FindHeader(response.headers, "X-RateLimit-Reset"),
            absl::StrCat(absl::ToUnixSeconds(executor_.Now()) + 3));
  fault.status = 503;
  EXPECT_THAT(emulator_->FaultAnswer(fault).body, HasSubstr("<html>"));
  fault.status = 500;
  EXPECT_EQ(json::parse(emulator_->FaultAnswer(fault).body).at("code"), -1);
}

TEST_F(FeedEmulatorTest, SaysWhereItIsAndWhatCameIn) {
  Ask("POST", "feed/user/1/", kTweet);
  const json::value ready = json::parse(emulator_->ReadyJson());
  EXPECT_EQ(ready.at("base_url"), "http://127.0.0.1:8082");
  EXPECT_EQ(ready.at("api_key"), "sandbox_key");
  EXPECT_EQ(json::parse(emulator_->StatusJson()).at("activities_received"), 1);
  const HttpResponse nowhere = Say("GET", "nowhere/");
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_TRUE(FindHeader(nowhere.headers, "X-RateLimit-Limit").has_value());
}

TEST_F(FeedEmulatorTest, ShowsFeedsAsPages) {
  Ask("POST", "feed/user/1/",
      Activity("x:1", 1, R"(,"note":"<script>alert(1)</script>")"));
  const auto page = [this](const std::string& path) {
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(MakeRequest("GET", path), responder);
    return *responder->answer;
  };
  EXPECT_THAT(page("/pages/").body, HasSubstr("href=\"/pages/feed/user/1\""));
  const HttpResponse feed = page("/pages/feed/user/1");
  EXPECT_EQ(feed.status, 200);
  EXPECT_THAT(feed.body, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(feed.body, Not(HasSubstr("<script>alert")));
  EXPECT_EQ(page("/pages/feed/user").status, 404);
}

}  // namespace
}  // namespace sluice::sandbox
