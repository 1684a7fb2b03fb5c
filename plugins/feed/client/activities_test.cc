#include "plugins/feed/client/activities.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

constexpr char kTime[] = "2020-01-02T03:04:05.123456";

class ActivitiesTest : public ClientFixture {
 protected:
  std::string ChangeRefusal(ActivityChange change) {
    return Refusal<ActivityList>([&](auto done) {
      return client_->activities().PartialUpdate({std::move(change)},
                                                 std::move(done));
    });
  }
};

TEST_F(ActivitiesTest, LooksUpByIds) {
  const auto found = Ask<ActivityList>(
      [&](auto done) {
        return client_->activities().GetByIds({"a", "b"}, {}, std::move(done));
      },
      200, R"({"results":[{"id":"a","x":0.10}]})");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->activities[0].json, R"({"id":"a","x":0.10})");
  EXPECT_EQ(Line(), "GET /api/v1.0/activities/?api_key=key&ids=a%2Cb");
  EXPECT_EQ(TokenClaims(), "* activities *");
}

TEST_F(ActivitiesTest, LooksUpByForeignIds) {
  ASSERT_TRUE(Ask<ActivityList>(
                  [&](auto done) {
                    return client_->activities().GetByForeignIds(
                        {{.foreign_id = "f", .time = kTime}},
                        {.reaction_counts = true}, std::move(done));
                  },
                  200, R"({"results":[]})")
                  .ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/enrich/activities/?api_key=key&foreign_ids=f"
            "&timestamps=2020-01-02T03%3A04%3A05.123456"
            "&withReactionCounts=True");
}

TEST_F(ActivitiesTest, ChecksWhatToLookUp) {
  EXPECT_TRUE(Refusal<ActivityList>([&](auto done) {
                return client_->activities().GetByIds({}, {}, std::move(done));
              }).starts_with("ids: "));
  const auto refusal = [this](std::vector<ActivityName> names) {
    return Refusal<ActivityList>([&](auto done) {
      return client_->activities().GetByForeignIds(names, {}, std::move(done));
    });
  };
  EXPECT_TRUE(refusal({}).starts_with("foreign_ids: "));
  EXPECT_TRUE(refusal({{.foreign_id = "a,b", .time = kTime}})
                  .starts_with("foreign_ids[0]: "));
  EXPECT_TRUE(refusal({{.foreign_id = "a"}}).starts_with("names[0].time: "));
  EXPECT_TRUE(refusal({{.id = "x", .foreign_id = "a", .time = kTime}})
                  .starts_with("names[0].id: "));
}

TEST_F(ActivitiesTest, ReplacesActivities) {
  const std::string activity =
      R"({"actor":1,"foreign_id":"f","time":"2020-01-02T03:04:05","n":1e3})";
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->activities().Update({activity},
                                                        std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /api/v1.0/activities/?api_key=key");
  EXPECT_EQ(Body(), "{\"activities\":[" + activity + "]}");
  EXPECT_EQ(TokenClaims(), "* activities *");
}

TEST_F(ActivitiesTest, ChecksWhatToReplace) {
  const auto refusal = [this](std::string activity) {
    return Refusal<FeedAnswer>([&](auto done) {
      return client_->activities().Update({activity}, std::move(done));
    });
  };
  EXPECT_TRUE(refusal("7").starts_with("activities[0]: "));
  EXPECT_TRUE(refusal(R"({"time":"2020-01-02T03:04:05"})")
                  .starts_with("activities[0].foreign_id: "));
  EXPECT_TRUE(refusal(R"({"foreign_id":"f","time":null})")
                  .starts_with("activities[0].time: "));
  EXPECT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->activities().Update({}, std::move(done));
                  },
                  0, "")
                  .ok());
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(ActivitiesTest, ChangesMembers) {
  const auto changed = Ask<ActivityList>(
      [&](auto done) {
        return client_->activities().PartialUpdate(
            {{.name = {.id = "a"},
              .set = R"({"product.price":7.990})",
              .unset = {"popularity"}},
             {.name = {.foreign_id = "f", .time = kTime}}},
            std::move(done));
      },
      201, R"({"activities":[{"id":"a"},{"id":"b"}]})");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->activities.size(), 2u);
  EXPECT_EQ(Line(), "POST /api/v1.0/activity/?api_key=key");
  EXPECT_EQ(Body(),
            R"({"changes":[{"id":"a","set":{"product.price":7.990},)"
            R"("unset":["popularity"]},{"foreign_id":"f",)"
            R"("time":"2020-01-02T03:04:05.123456","set":{},"unset":[]}]})");
}

TEST_F(ActivitiesTest, ChecksChanges) {
  EXPECT_TRUE(ChangeRefusal({}).starts_with("changes[0]: "));
  EXPECT_TRUE(ChangeRefusal({.name = {.id = "a", .time = kTime}})
                  .starts_with("changes[0]: "));
  EXPECT_TRUE(ChangeRefusal({.name = {.foreign_id = "f"}})
                  .starts_with("changes[0].time: "));
  EXPECT_TRUE(ChangeRefusal({.name = {.time = kTime}})
                  .starts_with("changes[0].foreign_id: "));
  EXPECT_TRUE(ChangeRefusal({.name = {.id = "a"}, .set = "[]"})
                  .starts_with("changes[0].set: "));
  EXPECT_TRUE(ChangeRefusal({.name = {.id = "a"}, .unset = {""}})
                  .starts_with("changes[0].unset[0]: "));
  EXPECT_TRUE(Refusal<ActivityList>([&](auto done) {
                return client_->activities().PartialUpdate({}, std::move(done));
              }).starts_with("changes: "));
}

TEST_F(ActivitiesTest, TellsThatAnActivityIsUnknown) {
  const auto changed = Ask<ActivityList>(
      [&](auto done) {
        return client_->activities().PartialUpdate({{.name = {.id = "a"}}},
                                                   std::move(done));
      },
      400, R"({"detail":"gone","code":13,"exception":"E"})");
  EXPECT_EQ(changed.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sluice::feed
