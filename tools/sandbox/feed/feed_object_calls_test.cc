// Users, collections, analytics and what is canned.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/feed/feed_emulator_testing.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using FeedObjectCallsTest = FeedEmulatorFixture;

TEST_F(FeedObjectCallsTest, KeepsUsers) {
  const json::object added =
      Ask("POST", "user/?get_or_create=False", R"({"id":"u","data":null})");
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(added.size(), 4u);
  EXPECT_THAT(added.at("data").as_object(), IsEmpty());
  EXPECT_EQ(Ask("POST", "user/", R"({"id":"u"})").at("code"), 22);
  EXPECT_EQ(status_, 409);
  EXPECT_EQ(
      Ask("POST", "user/?get_or_create=True", R"({"id":"u","data":{"new":1}})"),
      added);
  EXPECT_EQ(status_, 201);
  const json::object updated =
      Ask("PUT", "user/u/", R"({"data":{"name":"n"}})");
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(updated.at("data").at("name"), "n");
  EXPECT_NE(updated.at("updated_at"), updated.at("created_at"));
  EXPECT_EQ(Ask("GET", "user//u/"), updated);
  EXPECT_EQ(Ask("POST", "user/", R"({"id":"v","data":7})").at("code"), 4);
  Ask("DELETE", "user/u/");
  EXPECT_EQ(status_, 200);
  for (const char* method : {"GET", "DELETE"}) {
    EXPECT_EQ(Ask(method, "user/u/").at("code"), 16);
    EXPECT_EQ(status_, 404);
  }
}

TEST_F(FeedObjectCallsTest, CountsWhoFollowsAUser) {
  Ask("POST", "user/", R"({"id":"u"})");
  Ask("POST", "follow_many/",
      R"([{"source":"timeline:v","target":"user:u"},
          {"source":"flat:v","target":"user:u"},
          {"source":"timeline:u","target":"user:v"},
          {"source":"timeline:u","target":"topic:v"}])");
  const json::object user = Ask("GET", "user/u/?with_follow_counts=True");
  EXPECT_EQ(user.at("followers_count"), 1);
  EXPECT_EQ(user.at("following_count"), 1);
  EXPECT_FALSE(Ask("GET", "user/u/").contains("followers_count"));
}

TEST_F(FeedObjectCallsTest, KeepsManyUsers) {
  EXPECT_THAT(Ask("POST", "users/",
                  R"({"users":[{"id":"a","data":{"n":1}},{"id":"b"}]})")
                  .at("created_users")
                  .as_array(),
              SizeIs(2));
  Ask("POST", "users/", R"({"users":[{"id":"a","data":{"n":2}}]})");
  EXPECT_EQ(Ask("GET", "user/a/").at("data").at("n"), 1);
  Ask("POST", "users/",
      R"({"users":[{"id":"a","data":{"n":2}}],"override":true})");
  EXPECT_EQ(Ask("GET", "user/a/").at("data").at("n"), 2);
  EXPECT_THAT(Ask("GET", "users/?ids=a,b,c").at("users").as_array(), SizeIs(2));
  Ask("DELETE", "users/?ids=a,b");
  EXPECT_THAT(Ask("GET", "users/?ids=a,b").at("users").as_array(), IsEmpty());
}

TEST_F(FeedObjectCallsTest, KeepsObjects) {
  const json::object added = Ask("POST", "collections/food/",
                                 R"({"id":"1","data":{"a":1},"user_id":null})");
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(added.at("foreign_id"), "food:1");
  EXPECT_EQ(added.at("collection"), "food");
  EXPECT_EQ(added.size(), 6u);
  EXPECT_EQ(Ask("GET", "collections/food/1/"), added);
  EXPECT_EQ(Ask("POST", "collections/food/", R"({"id":"1","data":{"a":1}})")
                .at("code"),
            22);
  for (const char* wrong :
       {R"({"id":"1","data":{}})", R"({"id":"1","data":7})", R"({"id":"1"})",
        R"({"id":"a b","data":{"a":1}})"}) {
    EXPECT_EQ(Ask("POST", "collections/food/", wrong).at("code"), 4) << wrong;
  }
  EXPECT_EQ(
      Text(Ask("POST", "collections/food/", R"({"data":{"a":1}})").at("id"))
          .size(),
      36u);
  EXPECT_EQ(Ask("PUT", "collections/food/1/", R"({"data":{"b":2}})").at("data"),
            json::parse(R"({"b":2})"));
  EXPECT_EQ(Ask("PUT", "collections/food/1/", R"({"id":"1","data":{"b":2}})")
                .at("code"),
            4);
  Ask("DELETE", "collections/food/1/");
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(Ask("DELETE", "collections/food/1/").at("code"), 16);
}

TEST_F(FeedObjectCallsTest, KeepsManyObjects) {
  const std::string body =
      R"({"data":{"food":[{"id":"1","name":"a"},{"id":"2","name":"b"}]}})";
  EXPECT_EQ(Ask("POST", "collections/", body), json::parse(body).as_object());
  EXPECT_EQ(status_, 201);
  const json::object selected =
      Ask("GET", "collections/?foreign_ids=food:1,food:9,food:2");
  const json::array& objects = selected.at("response").at("data").as_array();
  ASSERT_THAT(objects, SizeIs(2));
  EXPECT_EQ(objects[0].at("data"), json::parse(R"({"id":"1","name":"a"})"));
  // Clients repeat the parameter or join its values.
  Ask("DELETE", "collections/?collection_name=food&ids=1&ids=2");
  EXPECT_EQ(Ask("GET", "collections/food/2/").at("code"), 16);
  EXPECT_EQ(
      Ask("POST", "collections/", R"({"data":{"food":[{"a":1}]}})").at("code"),
      4);
  EXPECT_EQ(Ask("DELETE", "collections/?ids=1").at("code"), 4);
}

TEST_F(FeedObjectCallsTest, RecordsAnalytics) {
  HttpResponse answer = SayAt("POST", "/analytics/v1.0/engagement/",
                              R"({"content_list":[{"label":"click"}]})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_THAT(answer.body, HasSubstr("duration"));
  answer = SayAt("POST", "/analytics/v1.0/impression/",
                 R"([{"content_list":["a"]},{"content_list":["b"]}])");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(SayAt("POST", "/analytics/v1.0/impression/", "[7]").status, 400);
  auto responder = std::make_shared<FakeResponder>();
  EXPECT_TRUE(
      emulator_->Control(MakeRequest("GET", "/feed/analytics"), responder));
  EXPECT_EQ(json::parse(responder->answer->body), json::parse(R"({"events":[
      {"label":"click","type":"engagement"},
      {"content_list":["a"],"type":"impression"},
      {"content_list":["b"],"type":"impression"}]})"));
  EXPECT_EQ(json::parse(emulator_->StatusJson()).at("impressions"), 2);
}

TEST_F(FeedObjectCallsTest, LeadsOnAndTracks) {
  const std::string token =
      SignJwt(R"({"alg":"HS256","typ":"JWT"})",
              R"({"resource":"redirect_and_track","action":"*",)"
              R"("feed_id":"*","user_id":"u"})",
              secret_);
  const auto redirect = [&](const std::string& query) {
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(
        MakeRequest("GET", "/analytics/redirect/?auth_type=jwt&authorization=" +
                               token + "&api_key=sandbox_key&" + query),
        responder);
    return *responder->answer;
  };
  const HttpResponse answer =
      redirect("url=http%3A%2F%2Fa.com%2F%3Fb%3Dc&events=%5B%7B%7D%5D");
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(FindHeader(answer.headers, "Location"), "http://a.com/?b=c");
  EXPECT_EQ(redirect("url=javascript:alert(1)&events=%5B%5D").status, 400);
  EXPECT_EQ(redirect("url=http://a%0d%0ab&events=%5B%5D").status, 400);
  EXPECT_EQ(redirect("url=http://a.com/").status, 400);
}

TEST_F(FeedObjectCallsTest, HasCannedPages) {
  const json::object page = Ask("GET", "og/?url=https://example.com");
  for (const char* name : {"title", "description", "images", "url"}) {
    EXPECT_TRUE(page.contains(name)) << name;
  }
  EXPECT_EQ(Ask("GET", "og/?url=https://example.com/a.exe").at("code"), 4);
  const HttpResponse answer =
      SayAt("GET", "/personalization/v1.0/recommended/?limit=5");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body).at("limit"), 5);
}

}  // namespace
}  // namespace sluice::sandbox
