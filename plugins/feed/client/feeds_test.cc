#include "plugins/feed/client/feeds.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

class FeedsTest : public ClientFixture {
 protected:
  absl::StatusOr<FeedPage> Get(std::string feed, const ReadOptions& options,
                               std::string answer = R"({"results":[]})") {
    return Ask<FeedPage>(
        [&](auto done) {
          return client_->feeds().Get(feed, options, std::move(done));
        },
        200, std::move(answer));
  }
  std::string GetRefusal(std::string feed, const ReadOptions& options) {
    return Refusal<FeedPage>([&](auto done) {
      return client_->feeds().Get(feed, options, std::move(done));
    });
  }
  std::string TargetsRefusal(std::string foreign_id, std::string time,
                             const TargetsUpdate& update) {
    return Refusal<TargetsChange>([&](auto done) {
      return client_->feeds().UpdateTargets("user:1", foreign_id, time, update,
                                            std::move(done));
    });
  }
};

TEST_F(FeedsTest, ReadsAPage) {
  const auto page = Get("user:1", {.limit = 5, .offset = 5},
                        R"({"results":[{"id":"a","actor":"1"}],"next":""})");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->activities[0].id, "a");
  EXPECT_EQ(Line(), "GET /api/v1.0/feed/user/1/?api_key=key&limit=5&offset=5");
  EXPECT_EQ(TokenClaims(), "read feed user1");
  EXPECT_EQ(Body(), "");
}

TEST_F(FeedsTest, ReadsByIds) {
  ASSERT_TRUE(Get("user:1", {.limit = 5, .id_lt = "x"}).ok());
  EXPECT_EQ(Line(), "GET /api/v1.0/feed/user/1/?api_key=key&limit=5&id_lt=x");
  ASSERT_TRUE(Get("user:1", {.id_lte = "a", .id_gt = "b", .id_gte = "c"}).ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/feed/user/1/?api_key=key&id_lte=a&id_gt=b&id_gte=c");
}

TEST_F(FeedsTest, ReadsARanking) {
  ASSERT_TRUE(Get("user:1", {.ranking = "popular",
                             .ranking_vars = "{\"a\":1}",
                             .more = {{"session", "s 1"}}})
                  .ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/feed/user/1/?api_key=key&ranking=popular"
            "&rankingVars=%7B%22a%22%3A1%7D&session=s%201");
}

TEST_F(FeedsTest, MarksGroups) {
  ASSERT_TRUE(Get("notification:1", {.mark_seen = {.ids = {"a.b", "c"}}}).ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/feed/notification/1/?api_key=key&mark_seen=a.b%2Cc");
  ASSERT_TRUE(Get("notification:1", {.mark_read = {.all = true}}).ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/feed/notification/1/?api_key=key&mark_read=True");
}

TEST_F(FeedsTest, ReadsWithEnrichment) {
  ASSERT_TRUE(Get("user:1", {.enrichment = {.references = true}}).ok());
  EXPECT_EQ(Line(), "GET /api/v1.0/enrich/feed/user/1/?api_key=key");
  ASSERT_TRUE(Get("user:1", {.enrichment = {.own_reactions = true,
                                            .recent_reactions = true,
                                            .reaction_counts = true,
                                            .reaction_kinds = {"like", "x"}},
                             .user_id = "bob"})
                  .ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/enrich/feed/user/1/?api_key=key"
            "&withOwnReactions=True&withRecentReactions=True"
            "&withReactionCounts=True&reactionKindsFilter=like%2Cx"
            "&user_id=bob");
}

TEST_F(FeedsTest, ChecksWhatToRead) {
  EXPECT_TRUE(GetRefusal("user", {}).starts_with("feed: "));
  EXPECT_TRUE(GetRefusal("user:1", {.limit = -1}).starts_with("limit: "));
  EXPECT_TRUE(GetRefusal("user:1", {.offset = -1}).starts_with("offset: "));
  EXPECT_TRUE(GetRefusal("user:1", {.ranking_vars = "[]"})
                  .starts_with("ranking_vars: "));
  EXPECT_TRUE(GetRefusal("n:1", {.mark_read = {.ids = {"a,b"}}})
                  .starts_with("mark_read[0]: "));
  EXPECT_TRUE(GetRefusal("n:1", {.mark_seen = {.all = true, .ids = {"a"}}})
                  .starts_with("mark_seen: "));
  EXPECT_TRUE(GetRefusal("n:1", {.enrichment = {.reaction_kinds = {""}}})
                  .starts_with("reaction_kinds[0]: "));
}

TEST_F(FeedsTest, AddsAnActivityByteForByte) {
  const std::string activity =
      R"({"actor": 1, "n": 1.10, "big": 123456789012345678901, "ü": "\u00fc"})";
  const auto added = Ask<AddedActivity>(
      [&](auto done) {
        return client_->feeds().Add("user:1", activity, std::move(done));
      },
      201, R"({"actor":"1","id":"a","duration":"1ms"})");
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->activity.id, "a");
  EXPECT_EQ(Line(), "POST /api/v1.0/feed/user/1/?api_key=key");
  EXPECT_EQ(Body(), activity);
  EXPECT_EQ(TokenClaims(), "write feed user1");
}

TEST_F(FeedsTest, AddsABatch) {
  const auto added = Ask<ActivityList>(
      [&](auto done) {
        return client_->feeds().AddBatch(
            "user:1", {R"({"actor":1})", R"({"actor":2})"}, std::move(done));
      },
      201, R"({"activities":[{"id":"a"},{"id":"b"}]})");
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->activities[1].id, "b");
  EXPECT_EQ(Line(), "POST /api/v1.0/feed/user/1/?api_key=key");
  EXPECT_EQ(Body(), R"({"activities":[{"actor":1},{"actor":2}]})");
}

TEST_F(FeedsTest, SendsNothingForAnEmptyBatch) {
  const auto added = Ask<ActivityList>(
      [&](auto done) {
        return client_->feeds().AddBatch("user:1", {}, std::move(done));
      },
      0, "");
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_TRUE(added->activities.empty());
  EXPECT_EQ(added->json, "{}");
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(FeedsTest, ChecksActivities) {
  const auto refusal = [this](std::string activity) {
    return Refusal<AddedActivity>([&](auto done) {
      return client_->feeds().Add("user:1", activity, std::move(done));
    });
  };
  EXPECT_TRUE(refusal("{").starts_with("activity: "));
  EXPECT_TRUE(refusal(R"({"to":"user:2"})").starts_with("activity.to: "));
  EXPECT_TRUE(Refusal<ActivityList>([&](auto done) {
                return client_->feeds().AddBatch("user:1", {"{}", "7"},
                                                 std::move(done));
              }).starts_with("activities[1]: "));
}

TEST_F(FeedsTest, AddsToManyFeeds) {
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->feeds().AddToMany(R"({"actor":1})",
                                                      {"flat:1", "flat:2"},
                                                      std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /api/v1.0/feed/add_to_many/?api_key=key");
  EXPECT_EQ(Body(), R"({"activity":{"actor":1},"feeds":["flat:1","flat:2"]})");
  EXPECT_EQ(TokenClaims(), "* feed *");
  const auto refusal = [this](std::string activity,
                              std::vector<std::string> feeds) {
    return Refusal<FeedAnswer>([&](auto done) {
      return client_->feeds().AddToMany(activity, feeds, std::move(done));
    });
  };
  EXPECT_TRUE(refusal("{}", {}).starts_with("feeds: "));
  EXPECT_TRUE(refusal("{}", {"a:b", "c"}).starts_with("feeds[1]: "));
  EXPECT_TRUE(refusal(R"({"to":[]})", {"a:b"}).starts_with("activity.to: "));
  EXPECT_TRUE(refusal("{}", std::vector<std::string>(5'001, "a:b"))
                  .starts_with("feeds: "));
}

TEST_F(FeedsTest, RemovesByEitherId) {
  const auto removed = Ask<RemovedActivity>(
      [&](auto done) {
        return client_->feeds().Remove("user:1", "ID", std::move(done));
      },
      200, R"({"removed":"ID"})");
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(removed->removed, "ID");
  EXPECT_EQ(Line(), "DELETE /api/v1.0/feed/user/1/ID/?api_key=key");
  EXPECT_EQ(Body(), "{}");
  EXPECT_EQ(TokenClaims(), "delete feed user1");
  ASSERT_TRUE(Ask<RemovedActivity>(
                  [&](auto done) {
                    return client_->feeds().RemoveByForeignId(
                        "user:1", "tweet:a/b", std::move(done));
                  },
                  200, R"({"removed":"tweet:a/b"})")
                  .ok());
  EXPECT_EQ(
      Line(),
      "DELETE /api/v1.0/feed/user/1/tweet:a%2Fb/?api_key=key&foreign_id=1");
}

TEST_F(FeedsTest, ChecksWhatToRemove) {
  EXPECT_TRUE(Refusal<RemovedActivity>([&](auto done) {
                return client_->feeds().Remove("user:1", "", std::move(done));
              }).starts_with("activity_id: "));
  EXPECT_TRUE(Refusal<RemovedActivity>([&](auto done) {
                return client_->feeds().RemoveByForeignId("user:1", "..",
                                                          std::move(done));
              }).starts_with("foreign_id: "));
}

TEST_F(FeedsTest, ChangesTargets) {
  const auto change = Ask<TargetsChange>(
      [&](auto done) {
        return client_->feeds().UpdateTargets(
            "user:1", "tweet:1", "2020-01-02T03:04:05",
            {.added_targets = {"user:4"}, .removed_targets = {"user:3"}},
            std::move(done));
      },
      201, R"({"activity":{"id":"a"},"added":["user:4"]})");
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->added[0], "user:4");
  EXPECT_EQ(
      Line(),
      "POST /api/v1.0/feed_targets/user/1/activity_to_targets/?api_key=key");
  EXPECT_EQ(Body(),
            R"({"foreign_id":"tweet:1","time":"2020-01-02T03:04:05",)"
            R"("added_targets":["user:4"],"removed_targets":["user:3"]})");
  EXPECT_EQ(TokenClaims(), "write feed_targets user1");
}

TEST_F(FeedsTest, ChecksTargets) {
  const std::string time = "2020-01-02T03:04:05";
  EXPECT_TRUE(TargetsRefusal("", time, {.new_targets = {"a:b"}})
                  .starts_with("foreign_id: "));
  EXPECT_TRUE(TargetsRefusal("f", "now", {.new_targets = {"a:b"}})
                  .starts_with("time: "));
  EXPECT_TRUE(TargetsRefusal("f", time, {}).starts_with("new_targets: "));
  EXPECT_TRUE(TargetsRefusal("f", time,
                             {.new_targets = {"a:b"}, .added_targets = {"c:d"}})
                  .starts_with("new_targets: "));
  EXPECT_TRUE(TargetsRefusal("f", time, {.removed_targets = {"x"}})
                  .starts_with("removed_targets[0]: "));
}

}  // namespace
}  // namespace sluice::feed
