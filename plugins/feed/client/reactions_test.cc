#include "plugins/feed/client/reactions.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

constexpr char kLike[] = R"({"id":"r","kind":"like"})";

class ReactionsTest : public ClientFixture {};

TEST_F(ReactionsTest, Adds) {
  const auto added = Ask<ReactionAnswer>(
      [&](auto done) {
        return client_->reactions().Add(
            "a",
            {.kind = "like",
             .user_id = "bob",
             .data = R"({"n":1.0})",
             .target_feeds = {"user:2"},
             .target_feeds_extra_data = R"({"x":1})"},
            std::move(done));
      },
      201, kLike);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->reaction.kind, "like");
  EXPECT_EQ(Line(), "POST /api/v1.0/reaction/?api_key=key");
  EXPECT_EQ(Body(),
            R"({"kind":"like","activity_id":"a","data":{"n":1.0},)"
            R"("target_feeds":["user:2"],"target_feeds_extra_data":{"x":1},)"
            R"("user_id":"bob"})");
  EXPECT_EQ(TokenClaims(), "* reactions *");
}

TEST_F(ReactionsTest, AddsAChild) {
  ASSERT_TRUE(Ask<ReactionAnswer>(
                  [&](auto done) {
                    return client_->reactions().AddChild(
                        "r", {.kind = "like", .user_id = "bob"},
                        std::move(done));
                  },
                  201, kLike)
                  .ok());
  EXPECT_EQ(Body(),
            R"({"kind":"like","parent":"r","data":null,"target_feeds":null,)"
            R"("target_feeds_extra_data":null,"user_id":"bob"})");
}

TEST_F(ReactionsTest, ReadsChangesDeletesAndRestores) {
  ASSERT_TRUE(Ask<ReactionAnswer>(
                  [&](auto done) {
                    return client_->reactions().Get("r", std::move(done));
                  },
                  200, kLike)
                  .ok());
  EXPECT_EQ(Line(), "GET /api/v1.0/reaction/r/?api_key=key");
  ASSERT_TRUE(Ask<ReactionAnswer>(
                  [&](auto done) {
                    return client_->reactions().Update("r", "{}", {"user:2"},
                                                       std::move(done));
                  },
                  201, kLike)
                  .ok());
  EXPECT_EQ(Line(), "PUT /api/v1.0/reaction/r/?api_key=key");
  EXPECT_EQ(Body(), R"({"data":{},"target_feeds":["user:2"]})");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->reactions().Delete("r", true,
                                                       std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(), "DELETE /api/v1.0/reaction/r/?api_key=key&soft=True");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->reactions().Restore("r", std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "PUT /api/v1.0/reaction/r/restore/?api_key=key");
  EXPECT_EQ(Body(), "{}");
}

TEST_F(ReactionsTest, ReadsMany) {
  const auto found = Ask<ReactionPage>(
      [&](auto done) {
        return client_->reactions().GetMany({"r", "s"}, true, std::move(done));
      },
      200, R"({"reactions":[{"id":"r"}]})");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(Line(),
            "GET /api/v1.0/reaction/get_many/?api_key=key&ids=r%2Cs"
            "&include_deleted=True");
}

TEST_F(ReactionsTest, Filters) {
  const auto filter = [this](const ReactionFilter& filter) {
    return Ask<ReactionPage>(
               [&](auto done) {
                 return client_->reactions().Filter(filter, std::move(done));
               },
               200, R"({"results":[],"next":""})")
        .ok();
  };
  ASSERT_TRUE(filter({.id = "a"}));
  EXPECT_EQ(Line(), "GET /api/v1.0/reaction/activity_id/a/?api_key=key");
  ASSERT_TRUE(filter({.lookup = ReactionLookup::kUser,
                      .id = "bob",
                      .kind = "like",
                      .limit = 5,
                      .id_lt = "x",
                      .with_activity_data = true}));
  EXPECT_EQ(Line(),
            "GET /api/v1.0/reaction/user_id/bob/like/?api_key=key&limit=5"
            "&id_lt=x&with_activity_data=True");
  ASSERT_TRUE(filter({.lookup = ReactionLookup::kReaction,
                      .id = "r",
                      .id_lte = "a",
                      .id_gt = "b",
                      .id_gte = "c"}));
  EXPECT_EQ(Line(),
            "GET /api/v1.0/reaction/reaction_id/r/?api_key=key&id_lte=a"
            "&id_gt=b&id_gte=c");
}

TEST_F(ReactionsTest, ChecksArguments) {
  const auto refusal = [this](std::string activity, NewReaction reaction) {
    return Refusal<ReactionAnswer>([&](auto done) {
      return client_->reactions().Add(activity, reaction, std::move(done));
    });
  };
  EXPECT_TRUE(refusal("", {"like", "bob"}).starts_with("activity_id: "));
  EXPECT_TRUE(refusal("a", {"", "bob"}).starts_with("kind: "));
  EXPECT_TRUE(refusal("a", {"like", ""}).starts_with("user_id: "));
  EXPECT_TRUE(refusal("a", {"like", "bob", "[]"}).starts_with("data: "));
  EXPECT_TRUE(refusal("a", {"like", "bob", "", {"x"}})
                  .starts_with("target_feeds[0]: "));
  EXPECT_TRUE(refusal("a", {"like", "bob", "", {}, "1"})
                  .starts_with("target_feeds_extra_data: "));
  EXPECT_TRUE(Refusal<ReactionPage>([&](auto done) {
                return client_->reactions().Filter(
                    {.lookup = ReactionLookup::kUser}, std::move(done));
              }).starts_with("user_id: "));
  EXPECT_TRUE(Refusal<ReactionAnswer>([&](auto done) {
                return client_->reactions().Get("", std::move(done));
              }).starts_with("reaction_id: "));
}

TEST_F(ReactionsTest, TellsThatThereIsNothingToRestore) {
  EXPECT_EQ(Ask<FeedAnswer>(
                [&](auto done) {
                  return client_->reactions().Restore("r", std::move(done));
                },
                404, R"({"detail":"x","code":16,"exception":"DoesNotExist"})")
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sluice::feed
