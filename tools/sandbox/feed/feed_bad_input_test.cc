// Whatever is asked, the emulated feed service answers it, with an error of its
// own where it is wrong.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/feed/feed_emulator_testing.h"

namespace sluice::sandbox {
namespace {

using FeedBadInputTest = FeedEmulatorFixture;

std::string Nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') +
         std::string(static_cast<size_t>(depth), ']');
}

TEST_F(FeedBadInputTest, RefusesBodiesThatAreNotWhatItWants) {
  const std::string bodies[] = {
      "",
      "{",
      "null",
      "true",
      "7",
      "\"text\"",
      "[]",
      "[null]",
      "[{}]",
      "{\"a\":}",
      "\xff",
      "{}x",
      Nested(5000),
      "{\"activities\":7}",
      "{\"changes\":[[]]}",
      "{\"users\":{}}",
      "{\"data\":[]}",
      "{\"activity\":1,\"feeds\":[1]}",
      "{\"kind\":{},\"activity_id\":[]}",
  };
  const std::string paths[] = {
      "feed/user/1/",
      "feed/add_to_many/",
      "feed/user/1/follows/",
      "activities/",
      "activity/",
      "feed_targets/user/1/activity_to_targets/",
      "reaction/",
      "user/",
      "users/",
      "collections/",
      "collections/food/",
  };
  for (const std::string& path : paths) {
    for (const std::string& body : bodies) {
      const boost::json::object answer = Ask("POST", path, body);
      EXPECT_EQ(status_, 400) << path << " " << body.substr(0, 100);
      EXPECT_TRUE(answer.contains("exception"));
      EXPECT_TRUE(answer.contains("detail"));
    }
  }
  for (const char* path : {"follow_many/", "unfollow_many/"}) {
    for (const char* body : {"", "{}", "[7]", R"([{"source":1}])"}) {
      Ask("POST", path, body);
      EXPECT_EQ(status_, 400) << path << " " << body;
    }
  }
}

TEST_F(FeedBadInputTest, RefusesWrongTypesOfEachField) {
  const char* const values[] = {"[]", "{}", "true"};
  for (const char* field :
       {"actor", "verb", "object", "target", "foreign_id", "time"}) {
    for (const char* value : values) {
      const boost::json::object answer =
          Ask("POST", "feed/user/1/",
              absl::StrCat(R"({"actor":"a","verb":"v","object":"o",")", field,
                           "\":", value, "}"));
      EXPECT_EQ(answer.at("code"), 4) << field << " " << value;
      EXPECT_TRUE(answer.at("exception_fields").as_object().contains(field));
    }
  }
}

TEST_F(FeedBadInputTest, RefusesTimesAndTargetsThatAreNone) {
  for (const char* more :
       {R"("time":"2024-01-01")", R"("time":"soon")", R"("to":"flat:1")",
        R"("to":["flat"])", R"("to":[1])", R"("to":[[]])", R"("score":1)"}) {
    EXPECT_EQ(
        Ask("POST", "feed/user/1/",
            absl::StrCat(R"({"actor":"a","verb":"v","object":"o",)", more, "}"))
            .at("code"),
        4)
        << more;
  }
}

TEST_F(FeedBadInputTest, TakesReservedNamesIfItIsLenient) {
  FeedOptions options;
  options.reserved_names = true;
  Restart(options);
  EXPECT_EQ(Ask("POST", "feed/user/1/",
                R"({"actor":"a","verb":"v","object":"o","score":1})")
                .at("score"),
            1);
}

TEST_F(FeedBadInputTest, RefusesChangesThatGrowBeyondAllBounds) {
  Ask("POST", "feed/user/1/", Activity("x:1", 1));
  std::string set;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&set, i == 0 ? "" : ",", "\"name", i, "\":\"",
                    std::string(1000, 'x'), "\"");
  }
  const boost::json::object answer =
      Ask("POST", "activity/",
          absl::StrCat(R"({"foreign_id":"x:1","time":"2024-01-01T00:00:01",)",
                       R"("set":{)", set, "}}"));
  EXPECT_EQ(status_, 400);
  EXPECT_TRUE(answer.at("exception_fields").as_object().contains("activity"));
}

TEST_F(FeedBadInputTest, RefusesChangesThatNestTooDeep) {
  Ask("POST", "feed/user/1/", Activity("x:1", 1));
  std::string path = "a";
  for (int i = 0; i < 30; ++i) path += ".a";
  for (const std::string& wrong :
       {path + ".b.c.d", std::string(1000, '.'), std::string("a..b"),
        std::string(".a"), std::string("id"), std::string("time.x")}) {
    EXPECT_EQ(Ask("POST", "activity/",
                  absl::StrCat(R"({"foreign_id":"x:1",)",
                               R"("time":"2024-01-01T00:00:01","set":{")",
                               wrong, R"(":1}})"))
                  .at("code"),
              4)
        << wrong.substr(0, 50);
  }
  Ask("POST", "activity/",
      absl::StrCat(R"({"foreign_id":"x:1","time":"2024-01-01T00:00:01",)",
                   R"("set":{")", path, "\":", Nested(20), "}}"));
  EXPECT_EQ(status_, 400);
  EXPECT_EQ(Ask("GET", "feed/user/1/").at("results").as_array().size(), 1u);
}

TEST_F(FeedBadInputTest, KnowsItsPathsAndMethods) {
  for (const char* path : {"nowhere/", "feed/", "feed/user/", "feed/us er/1/",
                           "feed/user/1%2F2/", "feed//"}) {
    EXPECT_EQ(Ask("GET", path).at("code"), 16) << path;
    EXPECT_EQ(status_, 404) << path;
  }
  for (const auto& [method, path] :
       {std::pair("PUT", "feed/user/1/"), std::pair("PATCH", "activities/"),
        std::pair("GET", "follow_many/"), std::pair("TRACE", "user/1/"),
        std::pair("\xff", "user/1/")}) {
    EXPECT_EQ(Ask(method, path).at("code"), 17) << path;
    EXPECT_EQ(status_, 405) << path;
  }
}

TEST_F(FeedBadInputTest, RefusesAddressesThatAreNoText) {
  for (const char* path :
       {"feed/user/1/?limit=%ff", "user/%c3%28/", "reaction/%ff/"}) {
    Ask("GET", path);
    EXPECT_EQ(status_, 400) << path;
  }
}

TEST_F(FeedBadInputTest, TakesOddParametersForNoneOrRefusesThem) {
  for (const char* query :
       {"limit=-1", "limit=x", "limit=99999999999999999999999", "offset=-5",
        "limit=0", "withOwnReactions=maybe", "mark_seen=,,,"}) {
    Ask("GET", absl::StrCat("feed/user/1/?", query));
    EXPECT_EQ(status_, 200) << query;
  }
  for (const char* query : {"id_lt=x", "rankingVars=7", "rankingVars={"}) {
    Ask("GET", absl::StrCat("feed/user/1/?", query));
    EXPECT_EQ(status_, 400) << query;
  }
}

TEST_F(FeedBadInputTest, BoundsBodies) {
  const std::string huge =
      absl::StrCat("{\"x\":\"", std::string(1 << 20, 'x'), "\"}");
  for (const char* path : {"feed/user/1/", "reaction/", "user/", "follow_many/",
                           "collections/food/"}) {
    EXPECT_EQ(Ask("POST", path, huge).at("code"), 18) << path;
    EXPECT_EQ(status_, 413) << path;
  }
}

}  // namespace
}  // namespace sluice::sandbox
