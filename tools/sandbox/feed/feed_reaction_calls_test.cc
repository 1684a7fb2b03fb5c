// Reactions and enrichment.
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
using ::testing::UnorderedElementsAre;

class FeedReactionCallsTest : public FeedEmulatorFixture {
 protected:
  json::object React(const std::string& more = "") {
    return Ask(
        "POST", "reaction/",
        R"({"kind":"like","activity_id":"act","user_id":"u")" + more + "}");
  }
  static std::vector<std::string> Keys(const json::object& object) {
    std::vector<std::string> keys;
    for (const auto& member : object) keys.emplace_back(member.key());
    return keys;
  }
  std::vector<std::string> Filter(const std::string& path) {
    std::vector<std::string> ids;
    const json::object answer = Ask("GET", "reaction/" + path);
    for (const json::value& each : answer.at("results").as_array()) {
      ids.push_back(Text(each.at("id")));
    }
    next_ = Text(answer.at("next"));
    return ids;
  }
  std::string next_;
};

TEST_F(FeedReactionCallsTest, HasTheServicesKeys) {
  Ask("POST", "user/", R"({"id":"u","data":{"name":"n"}})");
  const json::object added = React();
  EXPECT_EQ(status_, 201);
  EXPECT_THAT(Keys(added), UnorderedElementsAre(
                               "id", "kind", "activity_id", "user_id", "user",
                               "data", "created_at", "updated_at", "parent",
                               "latest_children", "children_counts"));
  EXPECT_EQ(added.at("user").at("data").at("name"), "n");
  EXPECT_EQ(added.at("parent"), "");
  EXPECT_EQ(Ask("GET", "reaction/" + Text(added.at("id")) + "/"), added);
}

TEST_F(FeedReactionCallsTest, PutsAnActivityIntoTargetFeeds) {
  const json::object added =
      React(R"(,"id":"r1","target_feeds":["notification:9","user:9"],)"
            R"("target_feeds_extra_data":{"note":"x"})");
  EXPECT_EQ(added.at("target_feeds_extra_data"),
            json::parse(R"({"note":"x"})"));
  const json::object first =
      Ask("GET", "feed/user/9/").at("results").at(0).as_object();
  EXPECT_EQ(first.at("actor"), "SU:u");
  EXPECT_EQ(first.at("verb"), "like");
  EXPECT_EQ(first.at("object"), "SA:act");
  EXPECT_EQ(first.at("foreign_id"), "reaction:r1");
  EXPECT_EQ(first.at("reaction"), "SR:r1");
  EXPECT_EQ(first.at("note"), "x");
  EXPECT_EQ(Text(first.at("time")) + "Z", Text(added.at("created_at")));
  // Targets that are not named again are withdrawn.
  const json::object updated =
      Ask("PUT", "reaction/r1/",
          R"({"data":{"a":1},"target_feeds":["notification:9"]})");
  EXPECT_EQ(updated.at("data").at("a"), 1);
  EXPECT_THAT(Read("feed/user/9/"), IsEmpty());
  EXPECT_THAT(Ask("GET", "feed/notification/9/").at("results").as_array(),
              SizeIs(1));
  Ask("DELETE", "reaction/r1/");
  EXPECT_THAT(Ask("GET", "feed/notification/9/").at("results").as_array(),
              IsEmpty());
}

TEST_F(FeedReactionCallsTest, DeletesSoftlyAndRestores) {
  React(R"(,"id":"r1")");
  Ask("PUT", "reaction/r1/restore/");
  EXPECT_EQ(status_, 404);
  Ask("DELETE", "reaction/r1/?soft=True");
  EXPECT_TRUE(Ask("GET", "reaction/r1/").contains("deleted_at"));
  EXPECT_THAT(Filter("activity_id/act/"), IsEmpty());
  EXPECT_THAT(
      Ask("GET", "reaction/get_many/?ids=r1").at("reactions").as_array(),
      IsEmpty());
  EXPECT_THAT(Ask("GET", "reaction/get_many/?ids=r1&include_deleted=true")
                  .at("reactions")
                  .as_array(),
              SizeIs(1));
  Ask("PUT", "reaction/r1/restore/");
  EXPECT_EQ(status_, 201);
  EXPECT_FALSE(Ask("GET", "reaction/r1/").contains("deleted_at"));
  Ask("DELETE", "reaction/r1/?soft=False");
  EXPECT_EQ(Ask("GET", "reaction/r1/").at("code"), 16);
}

TEST_F(FeedReactionCallsTest, NestsThreeLevels) {
  React(R"(,"id":"r1")");
  const auto child = [&](const std::string& id, const std::string& parent) {
    return Ask("POST", "reaction/",
               R"({"kind":"reply","user_id":"v","id":")" + id +
                   R"(","parent":")" + parent + "\"}");
  };
  EXPECT_EQ(child("r2", "r1").at("activity_id"), "act");
  child("r3", "r2");
  EXPECT_EQ(status_, 201);
  EXPECT_EQ(child("r4", "r3").at("code"), 4);
  EXPECT_EQ(child("r5", "unknown").at("code"), 4);
  const json::object top = Ask("GET", "reaction/r1/");
  EXPECT_EQ(top.at("children_counts"), json::parse(R"({"reply":1})"));
  EXPECT_EQ(top.at("latest_children").at("reply").at(0).at("id"), "r2");
  EXPECT_THAT(Filter("activity_id/act/"), ElementsAre("r1"));
  EXPECT_THAT(Filter("reaction_id/r1/reply/"), ElementsAre("r2"));
  EXPECT_THAT(Filter("user_id/v/"), IsEmpty());
}

TEST_F(FeedReactionCallsTest, FiltersPageByPage) {
  for (const char* id : {"c", "a", "b"}) {
    React(std::string(R"(,"id":")") + id + "\"");
  }
  EXPECT_THAT(Filter("activity_id/act/like/?limit=2&kind=like"),
              ElementsAre("b", "a"));
  EXPECT_THAT(next_, HasSubstr("id_lt=a"));
  EXPECT_THAT(Filter(next_.substr(std::string("/api/v1.0/reaction/").size())),
              ElementsAre("c"));
  EXPECT_EQ(next_, "");
  EXPECT_THAT(Filter("user_id/u/?limit=1&id_gt=c"), ElementsAre("a"));
  EXPECT_THAT(next_, HasSubstr("id_gt=a"));
  EXPECT_THAT(Filter("user_id/u/?id_lte=random"), SizeIs(3));
  Ask("GET", "reaction/verb/x/");
  EXPECT_EQ(status_, 400);
}

TEST_F(FeedReactionCallsTest, NamesWhatIsMissing) {
  const json::object none =
      Ask("POST", "reaction/", R"({"kind":"like","user_id":"u"})");
  EXPECT_EQ(none.at("code"), 4);
  EXPECT_EQ(none.at("exception_fields"), json::parse(R"({
      "activity_id":["one of activity_id or parent must not be empty"],
      "parent":["one of activity_id or parent must not be empty"]})"));
  EXPECT_EQ(
      Ask("POST", "reaction/", R"({"kind":"k","activity_id":"a"})").at("code"),
      4);
  React(R"(,"id":"r1")");
  EXPECT_EQ(React(R"(,"id":"r1")").at("code"), 22);
  EXPECT_EQ(status_, 409);
  EXPECT_EQ(React(R"(,"data":[])").at("code"), 4);
}

TEST_F(FeedReactionCallsTest, EnrichesReferences) {
  const json::object user =
      Ask("POST", "user/", R"({"id":"u","data":{"name":"n"}})");
  const json::object food =
      Ask("POST", "collections/food/", R"({"id":"1","data":{"a":1}})");
  Ask("POST", "feed/user/1/",
      R"({"actor":"SU:u","verb":"SU:u","object":"SO:food:1",)"
      R"("foreign_id":"SU:u","x":["SU:gone",{"y":"SO:food:2"},"SA:no","SR:no",)"
      R"("SX:1","S"]})");
  const json::object plain =
      Ask("GET", "feed/user/1/").at("results").at(0).as_object();
  EXPECT_EQ(plain.at("actor"), "SU:u");
  const json::object rich =
      Ask("GET", "enrich/feed/user/1/").at("results").at(0).as_object();
  EXPECT_EQ(rich.at("actor"), json::value(user));
  EXPECT_EQ(rich.at("object"), json::value(food));
  EXPECT_EQ(rich.at("verb"), "SU:u");
  EXPECT_EQ(rich.at("foreign_id"), "SU:u");
  EXPECT_EQ(rich.at("x"), json::parse(R"([
      {"id":"gone","error":"ReferenceNotFound","reference":"SU:gone",
       "reference_type":"user"},
      {"y":{"id":"2","error":"ReferenceNotFound","reference":"SO:food:2",
            "reference_type":"object","collection":"food"}},
      {"id":"no","error":"ReferenceNotFound","reference":"SA:no",
       "reference_type":"activity"},
      {"id":"no","error":"ReferenceNotFound","reference":"SR:no",
       "reference_type":"reaction"},
      "SX:1","S"])"));
  EXPECT_FALSE(rich.contains("own_reactions"));
}

TEST_F(FeedReactionCallsTest, EnrichesWithReactions) {
  const std::string id =
      Text(Ask("POST", "feed/user/1/", Activity("x:1", 1)).at("id"));
  for (int i = 0; i < 7; ++i) {
    Ask("POST", "reaction/",
        R"({"kind":"like","user_id":"me","activity_id":")" + id + "\"}");
  }
  Ask("POST", "reaction/",
      R"({"id":"c","kind":"comment","user_id":"you","activity_id":")" + id +
          "\"}");
  json::object rich =
      Ask("GET",
          "enrich/feed/user/1/?withOwnReactions=true&withRecentReactions=true&"
          "withReactionCounts=True&user_id=me")
          .at("results")
          .at(0)
          .as_object();
  EXPECT_THAT(Keys(rich.at("own_reactions").as_object()), ElementsAre("like"));
  EXPECT_THAT(rich.at("latest_reactions").at("like").as_array(), SizeIs(5));
  EXPECT_EQ(rich.at("reaction_counts"),
            json::parse(R"({"comment":1,"like":7})"));
  const json::value& extra = rich.at("latest_reactions_extra");
  EXPECT_EQ(extra.at("comment").at("next"), "");
  EXPECT_THAT(Text(extra.at("like").at("next")),
              HasSubstr("http://127.0.0.1:8082/api/v1.0/reaction/activity_id/" +
                        id + "/like/?id_lt="));
  Ask("DELETE", "reaction/c/");
  rich = Ask("GET", "enrich/activities/?with_reaction_counts=1&ids=" + id)
             .at("results")
             .at(0)
             .as_object();
  EXPECT_EQ(rich.at("reaction_counts"),
            json::parse(R"({"comment":0,"like":7})"));
  rich = Ask("GET",
             "enrich/activities/?withReactionCounts=1&withOwnReactions=1&"
             "reactionKindsFilter=comment&ids=" +
                 id)
             .at("results")
             .at(0)
             .as_object();
  EXPECT_EQ(rich.at("reaction_counts"), json::parse(R"({"comment":0})"));
  EXPECT_THAT(rich.at("own_reactions").as_object(), IsEmpty());
}

TEST_F(FeedReactionCallsTest, AddsTheActivityToItsReactions) {
  const json::object activity = Ask("POST", "feed/user/1/", Activity("x:1", 1));
  const std::string id = Text(activity.at("id"));
  EXPECT_EQ(
      Ask("GET", "reaction/activity_id/" + id + "/?with_activity_data=true")
          .at("activity"),
      json::value(activity));
}

}  // namespace
}  // namespace sluice::sandbox
