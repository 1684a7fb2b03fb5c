// What clients send in fields of their own comes back as it was written.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/feed/feed_emulator_testing.h"

namespace sluice::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Members in an order of their own, numbers that no double holds, spellings
// that no writer has.
constexpr char kOdd[] =
    R"("z":1.500,"a":123456789012345678901234567890,"e":-1E+400,)"
    R"("h\u00e9":{"y":[ 1.0,-0.0 ,{"b":0.10,"a":2}],"x":"\u0041\/"},"n":null)";

class FeedExactJsonTest : public FeedEmulatorFixture {
 protected:
  std::string Body(const std::string& method, const std::string& path,
                   const std::string& body = "") {
    const HttpResponse response = Say(method, path, body);
    EXPECT_LT(response.status, 300) << response.body;
    return response.body;
  }
  static std::string Object(const std::string& members) {
    return absl::StrCat("{", members, "}");
  }
};

TEST_F(FeedExactJsonTest, KeepsFieldsOfActivities) {
  const std::string activity =
      Activity("x:1", 1, absl::StrCat(",", kOdd, R"(,"to":["flat:1"])"));
  EXPECT_THAT(Body("POST", "feed/user/1/", activity), HasSubstr(kOdd));
  EXPECT_THAT(Body("POST", "feed/user/1/",
                   absl::StrCat("{\"activities\":[", activity, "]}")),
              HasSubstr(kOdd));
  for (const char* path :
       {"feed/user/1/", "feed/flat/1/",
        "activities/?foreign_ids=x:1&timestamps=2024-01-01T00:00:01"}) {
    EXPECT_THAT(Body("GET", path), HasSubstr(kOdd)) << path;
  }
  EXPECT_THAT(Body("POST", "activities/",
                   absl::StrCat("{\"activities\":[", activity, "]}")),
              HasSubstr(kOdd));
}

TEST_F(FeedExactJsonTest, WritesTheServicesOwnFieldsItsWay) {
  EXPECT_THAT(
      Body("POST", "feed/user/1/",
           R"({"z":1e2,"time":"2020-01-02T04:04:05.1234567+01:00","to":[],)"
           R"("verb":"\u0076","foreign_id":12345678901234567890123,)"
           R"("object":"o","actor":1,"id":"x"})"),
      HasSubstr(R"({"actor":"1","foreign_id":"12345678901234567890123",)"
                R"("id":"89199700-2d0c-11ea-8080-)"));
  const std::string feed = Body("GET", "feed/user/1/");
  EXPECT_THAT(feed, HasSubstr(R"("time":"2020-01-02T03:04:05.123456")"));
  EXPECT_THAT(feed, HasSubstr(R"("target":"")"));
  EXPECT_THAT(feed, HasSubstr(R"("z":1e2,"origin":null}])"));
}

TEST_F(FeedExactJsonTest, ChangesOnlyWhatAChangeNames) {
  Body("POST", "feed/user/1/",
       Activity("x:1", 1, absl::StrCat(",", kOdd, R"(,"p":{"q":1.10,"r":2})")));
  const std::string answer =
      Body("POST", "activity/",
           R"({"foreign_id":"x:1","time":"2024-01-01T00:00:01",)"
           R"("set":{"p.r":3.140,"new":99999999999999999999},)"
           R"("unset":["n"]})");
  EXPECT_THAT(answer, HasSubstr(std::string(kOdd).substr(
                          0, std::string(kOdd).find(",\"n\":null"))));
  EXPECT_THAT(answer, Not(HasSubstr("\"n\":null")));
  EXPECT_THAT(answer, HasSubstr(R"("p":{"q":1.10,"r":3.140},)"
                                R"("new":99999999999999999999)"));
}

TEST_F(FeedExactJsonTest, KeepsDataOfUsersAndObjects) {
  const std::string data = Object(kOdd);
  const auto held = HasSubstr(absl::StrCat("\"data\":", data));
  const std::string body = absl::StrCat(R"({"id":"1","data":)", data, "}");
  EXPECT_THAT(Body("POST", "user/", body), held);
  EXPECT_THAT(Body("PUT", "user/1/", body), held);
  EXPECT_THAT(Body("GET", "user/1/?with_follow_counts=1"), held);
  EXPECT_THAT(Body("POST", "users/",
                   absl::StrCat(R"({"override":true,"users":[)", body, "]}")),
              held);
  EXPECT_THAT(Body("GET", "users/?ids=1"), held);
  EXPECT_THAT(Body("POST", "collections/food/", body), held);
  EXPECT_THAT(Body("GET", "collections/food/1/"), held);
  EXPECT_THAT(Body("GET", "collections/?foreign_ids=food:1"), held);
  const std::string whole = absl::StrCat(R"({"id":"2",)", kOdd, "}");
  EXPECT_THAT(Body("POST", "collections/",
                   absl::StrCat(R"({"data":{"food":[)", whole, "]}}")),
              HasSubstr(whole));
  EXPECT_THAT(Body("GET", "collections/food/2/"),
              HasSubstr(absl::StrCat("\"data\":", whole)));
}

TEST_F(FeedExactJsonTest, KeepsDataOfReactions) {
  const std::string data = Object(kOdd);
  const auto held = HasSubstr(absl::StrCat("\"data\":", data));
  const std::string answer = Body(
      "POST", "reaction/",
      absl::StrCat(R"({"id":"r","kind":"like","activity_id":"a",)",
                   R"("user_id":"1","data":)", data,
                   R"(,"target_feeds":["flat:1"],"target_feeds_extra_data":)",
                   data, "}"));
  EXPECT_THAT(answer, held);
  EXPECT_THAT(answer,
              HasSubstr(absl::StrCat("\"target_feeds_extra_data\":", data)));
  EXPECT_THAT(Body("GET", "feed/flat/1/"), HasSubstr(kOdd));
  EXPECT_THAT(Body("GET", "reaction/r/"), held);
  EXPECT_THAT(Body("GET", "reaction/activity_id/a/"), held);
  EXPECT_THAT(Body("GET", "reaction/get_many/?ids=r"), held);
}

TEST_F(FeedExactJsonTest, ReplacesOnlyReferencesWhenItEnriches) {
  Body("POST", "user/", R"({"id":"1","data":{"score":1.250}})");
  Body("POST", "feed/user/1/",
       Activity("x:1", 1,
                R"(,"n":[1.500,{"who":"SU:1","big":1e999}],"s":"SU",)"
                R"("reaction_counts":"mine")"));
  const std::string answer = Body("GET", "enrich/feed/user/1/");
  EXPECT_THAT(
      answer,
      HasSubstr(R"("n":[1.500,{"who":{"id":"1","data":{"score":1.250},)"));
  EXPECT_THAT(answer, HasSubstr(R"(,"big":1e999}],"s":"SU",)"
                                R"("reaction_counts":"mine")"));
  // What the service adds itself stands there once.
  const std::string counted =
      Body("GET", "enrich/feed/user/1/?withReactionCounts=true");
  EXPECT_THAT(counted, HasSubstr("\"reaction_counts\":{}"));
  EXPECT_THAT(counted, Not(HasSubstr("mine")));
}

TEST_F(FeedExactJsonTest, TakesTheSameDataInAnyOrderForOneActivity) {
  const auto add = [this](const std::string& members) {
    return Text(Ask("POST", "feed/user/1/",
                    absl::StrCat(R"({"time":"2024-01-01T00:00:00",)", members,
                                 R"("actor":"a","verb":"v","object":"o"})"))
                    .at("id"));
  };
  const std::string first = add(R"("x":{"a":1,"b":[ {"c":1,"d":2} ]},)");
  EXPECT_EQ(add(R"("to":[],"x":{"b":[{"d":2,"c":1}],"a":1},"id":"7",)"), first);
  EXPECT_NE(add(R"("x":{"a":1,"b":[{"c":2,"d":1}]},)"), first);
}

}  // namespace
}  // namespace sluice::sandbox
