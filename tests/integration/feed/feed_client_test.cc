// The calls of the client about feeds, follows and activities against the
// emulator: what one stores, another finds.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/feed/client/feed_error.h"
#include "tests/integration/feed/feed_client_fixture.h"

namespace sluice::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FeedClientTest : public FeedClientFixture {};

TEST_F(FeedClientTest, AddsAndReadsAnActivity) {
  EXPECT_EQ(Add("user:1", Tweet(1, R"(,"name":"Jürgen","n":21.5)")).activity.id,
            kId);
  const FeedPage page = Get("user:1");
  ASSERT_EQ(page.activities.size(), 1u);
  EXPECT_EQ(page.activities[0].id, kId);
  EXPECT_EQ(page.activities[0].time, kTime);
  EXPECT_THAT(page.activities[0].json, HasSubstr("Jürgen"));
  EXPECT_THAT(page.activities[0].json, HasSubstr("21.5"));
}

TEST_F(FeedClientTest, AddsBatchesAndReadsThemInPages) {
  std::vector<std::string> batch;
  for (int i = 0; i < 5; ++i) {
    batch.push_back(absl::StrCat(
        R"({"actor":"1","verb":"tweet","object":"1","foreign_id":"t)", i,
        R"(","time":"2020-01-02T03:04:0)", i, R"("})"));
  }
  const auto added = Do<ActivityList>([&](auto done) {
    return client_->feeds().AddBatch("user:1", batch, std::move(done));
  });
  ASSERT_EQ(added.activities.size(), 5u);
  EXPECT_THAT(ForeignIds("user:1", {.limit = 2, .offset = 1}),
              ElementsAre("t3", "t2"));
  EXPECT_THAT(
      ForeignIds("user:1", {.limit = 2, .id_lt = added.activities[3].id}),
      ElementsAre("t2", "t1"));
  EXPECT_THAT(ForeignIds("user:1", {.id_gte = added.activities[3].id}),
              ElementsAre("t4", "t3"));
  const FeedPage first = Get("user:1", {.limit = 4});
  EXPECT_THAT(first.next, HasSubstr("id_lt"));
  EXPECT_EQ(Get("user:1").next, "");
}

TEST_F(FeedClientTest, CopiesToOtherFeeds) {
  Add("user:1", Tweet(1, R"(,"to":["user:2"])"));
  EXPECT_THAT(ForeignIds("user:2"), ElementsAre("tweet:1"));
  const auto change = Do<TargetsChange>([&](auto done) {
    return client_->feeds().UpdateTargets(
        "user:1", "tweet:1", kTime,
        {.added_targets = {"user:3"}, .removed_targets = {"user:2"}},
        std::move(done));
  });
  EXPECT_THAT(change.added, ElementsAre("user:3"));
  EXPECT_THAT(change.removed, ElementsAre("user:2"));
  EXPECT_THAT(change.activity.to, ElementsAre("user:3"));
  EXPECT_THAT(ForeignIds("user:2"), IsEmpty());
  EXPECT_THAT(ForeignIds("user:3"), ElementsAre("tweet:1"));
  Do<FeedAnswer>([&](auto done) {
    return client_->feeds().AddToMany(Tweet(2), {"flat:1", "flat:2"},
                                      std::move(done));
  });
  EXPECT_THAT(ForeignIds("flat:2"), ElementsAre("tweet:2"));
}

TEST_F(FeedClientTest, Removes) {
  Add("user:1", Tweet(1));
  Add("user:1", Tweet(2));
  Do<RemovedActivity>([&](auto done) {
    return client_->feeds().Remove("user:1", kId, std::move(done));
  });
  EXPECT_THAT(ForeignIds("user:1"), ElementsAre("tweet:2"));
  EXPECT_EQ(Do<RemovedActivity>([&](auto done) {
              return client_->feeds().RemoveByForeignId("user:1", "tweet:2",
                                                        std::move(done));
            }).removed,
            "tweet:2");
  EXPECT_THAT(ForeignIds("user:1"), IsEmpty());
}

TEST_F(FeedClientTest, FollowsAndUnfollows) {
  Add("user:1", Tweet(1));
  Follow("flat:1", "user:1");
  EXPECT_THAT(ForeignIds("flat:1"), ElementsAre("tweet:1"));
  EXPECT_EQ(Get("flat:1").activities[0].origin, "user:1");
  Follow("flat:2", "user:1", 0);
  EXPECT_THAT(ForeignIds("flat:2"), IsEmpty());

  const auto followers = Do<FollowPage>([&](auto done) {
    return client_->follows().Followers("user:1", {}, std::move(done));
  });
  ASSERT_EQ(followers.follows.size(), 2u);
  EXPECT_EQ(followers.follows[0].feed_id, "flat:2");
  EXPECT_EQ(followers.follows[0].target_id, "user:1");
  EXPECT_EQ(Do<FollowPage>([&](auto done) {
              return client_->follows().Following(
                  "flat:1", {.feeds = {"user:9"}}, std::move(done));
            }).follows.size(),
            0u);
  const auto stats = Do<FollowStats>([&](auto done) {
    return client_->follows().Stats("user:1", {}, std::move(done));
  });
  EXPECT_EQ(stats.followers, 2);
  EXPECT_EQ(stats.following, 0);

  Do<FeedAnswer>([&](auto done) {
    return client_->follows().Remove("flat:1", "user:1", /*keep_history=*/true,
                                     std::move(done));
  });
  EXPECT_THAT(ForeignIds("flat:1"), ElementsAre("tweet:1"));
}

TEST_F(FeedClientTest, FollowsAndUnfollowsMany) {
  Add("user:1", Tweet(1));
  Do<FeedAnswer>([&](auto done) {
    return client_->follows().AddMany(
        {{"flat:1", "user:1"}, {"flat:2", "user:1"}}, {}, std::move(done));
  });
  EXPECT_THAT(ForeignIds("flat:2"), ElementsAre("tweet:1"));
  Do<FeedAnswer>([&](auto done) {
    return client_->follows().RemoveMany(
        {{"flat:1", "user:1"}, {"flat:2", "user:1", /*keep_history=*/true}},
        std::move(done));
  });
  EXPECT_THAT(ForeignIds("flat:1"), IsEmpty());
  EXPECT_THAT(ForeignIds("flat:2"), ElementsAre("tweet:1"));
}

TEST_F(FeedClientTest, LooksUpAndChangesActivities) {
  Add("user:1", Tweet(1, R"(,"product":{"name":"shoes","price":9.99},"n":1)"));
  EXPECT_EQ(Do<ActivityList>([&](auto done) {
              return client_->activities().GetByIds({kId}, {}, std::move(done));
            })
                .activities[0]
                .foreign_id,
            "tweet:1");
  const auto changed = Do<ActivityList>([&](auto done) {
    return client_->activities().PartialUpdate(
        {{.name = {.foreign_id = "tweet:1", .time = kTime},
          .set = R"({"product.name":"boots"})",
          .unset = {"n"}}},
        std::move(done));
  });
  ASSERT_EQ(changed.activities.size(), 1u);
  const auto object =
      boost::json::parse(changed.activities[0].json).as_object();
  EXPECT_EQ(object.at("product").at("name"), "boots");
  EXPECT_EQ(object.at("product").at("price"), 9.99);
  EXPECT_FALSE(object.contains("n"));
  Do<FeedAnswer>([&](auto done) {
    return client_->activities().Update({Tweet(1, R"(,"n":2)")},
                                        std::move(done));
  });
  const auto found = Do<ActivityList>([&](auto done) {
    return client_->activities().GetByForeignIds(
        {{.foreign_id = "tweet:1", .time = kTime},
         {.foreign_id = "none", .time = kTime}},
        {}, std::move(done));
  });
  ASSERT_EQ(found.activities.size(), 1u);
  EXPECT_FALSE(boost::json::parse(found.activities[0].json)
                   .as_object()
                   .contains("product"));
}

TEST_F(FeedClientTest, TellsErrors) {
  const auto refused = Ask<AddedActivity>([&](auto done) {
    return client_->feeds().Add("user:1", R"({"verb":"tweet","object":"1"})",
                                std::move(done));
  });
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  const auto error = FeedErrorOf(refused.status());
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), 4);
  EXPECT_EQ(error->http_status(), 400);
  ASSERT_EQ(error->fields_size(), 1);
  EXPECT_EQ(error->fields(0).name(), "actor");

  EXPECT_TRUE(sandbox_
                  ->Control("POST", "/faults",
                            R"({"service":"feed","kind":"status",)"
                            R"("status":503,"count":1})")
                  .ok());
  const auto unavailable = Ask<FeedPage>([&](auto done) {
    return client_->feeds().Get("user:1", {}, std::move(done));
  });
  EXPECT_EQ(unavailable.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(ForeignIds("user:1"), IsEmpty());
}

TEST_F(FeedClientTest, IsRefusedWithAWrongSecret) {
  auto stranger = FeedClient::Create({.api_key = client_->options().api_key,
                                      .api_secret = "wrong",
                                      .base_url = client_->options().base_url});
  ASSERT_TRUE(stranger.ok());
  (*stranger)->Start(session_.http(), session_.executor());
  EXPECT_EQ(Ask<FeedPage>([&](auto done) {
              return (*stranger)->feeds().Get("user:1", {}, std::move(done));
            })
                .status()
                .code(),
            absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace sluice::feed
