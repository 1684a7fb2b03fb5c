#include "tools/sandbox/feed/feed_access.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/feed/feed_emulator_testing.h"

namespace sluice::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr char kTweet[] =
    R"({"actor":1,"verb":"tweet","object":1,"foreign_id":"tweet:1",)"
    R"("time":"2020-01-02T03:04:05.123456"})";

using FeedAccessTest = FeedEmulatorFixture;

TEST_F(FeedAccessTest, ChecksTheKeyBeforeTheToken) {
  auto responder = std::make_shared<FakeResponder>();
  emulator_->Handle(MakeRequest("GET", "/api/v1.0/feed/user/1/"), responder);
  EXPECT_EQ(responder->answer->status, 401);
  EXPECT_THAT(responder->answer->body, HasSubstr("api_key is missing"));
  secret_ = "another secret";
  EXPECT_EQ(Ask("GET", "feed/user/1/").at("code"), 17);
  EXPECT_EQ(status_, 403);
}

TEST_F(FeedAccessTest, LetsATokenDoOnlyWhatItSays) {
  const std::string writer =
      R"({"action":"write","resource":"feed","feed_id":"user1"})";
  Ask("POST", "feed/user/1/", kTweet, writer);
  EXPECT_EQ(status_, 201);
  Ask("POST", "feed/user/2/", kTweet, writer);
  EXPECT_EQ(status_, 403);
  Ask("GET", "feed/user/1/", "", writer);
  EXPECT_EQ(status_, 403);
  Ask("GET", "feed/user/1/", "",
      R"({"resource":"*","action":"*","feed_id":"*","exp":1000})");
  EXPECT_EQ(status_, 403);
}

// Actions of users, with what the service's answer is to the user "me".
struct UserCase {
  const char* method;
  const char* path;
  const char* body;
  int status;
};

TEST_F(FeedAccessTest, LetsUsersDoWhatThePoliciesSay) {
  const std::string mine =
      R"({"actor":"SU:me","verb":"v","object":"o","foreign_id":"f:1",)"
      R"("time":"2024-01-01T00:00:00")";
  Ask("POST", "user/", R"({"id":"other"})");
  Ask("POST", "collections/food/", R"({"id":"theirs","data":{"a":1}})");
  Ask("POST", "reaction/",
      R"({"id":"theirs","kind":"like","activity_id":"a","user_id":"other"})");
  const std::string add = mine + "}";
  const std::string to_own = mine + R"(,"to":["flat:me"]})";
  const std::string to_notify = mine + R"(,"to":["notification:other"]})";
  const std::string to_other = mine + R"(,"to":["user:other"]})";
  const UserCase cases[] = {
      {"GET", "feed/user/other/", "", 200},
      {"GET", "feed/timeline/other/", "", 403},
      {"GET", "feed/timeline/me/", "", 200},
      {"POST", "feed/user/me/", add.c_str(), 201},
      {"POST", "feed/user/me/", kTweet, 403},
      {"POST", "feed/user/other/", add.c_str(), 403},
      {"POST", "feed/user/me/", to_own.c_str(), 201},
      {"POST", "feed/user/me/", to_notify.c_str(), 201},
      {"POST", "feed/user/me/", to_other.c_str(), 403},
      {"POST", "feed/timeline/me/follows/", R"({"target":"user:other"})", 201},
      {"POST", "feed/timeline/other/follows/", R"({"target":"user:me"})", 403},
      {"GET", "feed/timeline/me/follows/", "", 200},
      {"GET", "feed/user/other/followers/", "", 403},
      {"DELETE", "feed/user/other/x/", "", 403},
      {"DELETE", "feed/user/me/x/", "", 200},
      {"POST", "follow_many/", "[]", 403},
      {"POST", "user/", R"({"id":"other"})", 403},
      {"POST", "user/", R"({"id":"me"})", 201},
      {"GET", "user/other/", "", 200},
      {"PUT", "user/other/", R"({"data":{}})", 403},
      {"DELETE", "user/other/", "", 403},
      {"GET", "collections/food/theirs/", "", 200},
      {"PUT", "collections/food/theirs/", R"({"data":{"a":2}})", 403},
      {"DELETE", "collections/food/theirs/", "", 403},
      {"POST", "collections/food/", R"({"id":"mine","data":{"a":1}})", 201},
      {"PUT", "collections/food/mine/", R"({"data":{"a":2}})", 201},
      {"DELETE", "collections/food/mine/", "", 200},
      {"POST", "collections/", R"({"data":{}})", 403},
      {"GET", "reaction/theirs/", "", 200},
      {"PUT", "reaction/theirs/", "{}", 403},
      {"DELETE", "reaction/theirs/", "", 403},
      {"POST", "reaction/",
       R"({"kind":"like","activity_id":"a","target_feeds":["user:other"]})",
       403},
      {"POST", "reaction/",
       R"({"kind":"like","activity_id":"a","target_feeds":["user:me"]})", 201},
  };
  for (const UserCase& each : cases) {
    AskAs("me", each.method, each.path, each.body);
    EXPECT_EQ(status_, each.status)
        << each.method << " " << each.path << " " << each.body;
  }
}

TEST_F(FeedAccessTest, SaysThatNoPolicyAllowsIt) {
  const boost::json::object answer = AskAs("me", "GET", "feed/timeline/other/");
  EXPECT_EQ(answer.at("code"), 17);
  EXPECT_EQ(answer.at("exception"), "NotAllowedException");
  EXPECT_THAT(Text(answer.at("detail")), HasSubstr("no policies allowing"));
}

TEST_F(FeedAccessTest, RefusesWhatIsNoToken) {
  auto responder = std::make_shared<FakeResponder>();
  emulator_->Handle(
      MakeRequest("GET", "/api/v1.0/feed/user/1/?api_key=sandbox_key",
                  {{"Authorization", "one.part"}}),
      responder);
  EXPECT_EQ(responder->answer->status, 403);
  EXPECT_THAT(responder->answer->body, HasSubstr("number of segments"));
  Ask("GET", "feed/user/1/", "", R"({"iat":1})");
  EXPECT_EQ(status_, 403);
}

}  // namespace
}  // namespace sluice::sandbox
