#include "plugins/feed/client/follows.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

class FollowsTest : public ClientFixture {};

TEST_F(FollowsTest, FollowsAFeed) {
  const auto follow = [this](std::optional<int64_t> limit) {
    return Ask<FeedAnswer>(
               [&](auto done) {
                 return client_->follows().Add("user:1", "flat:42", limit,
                                               std::move(done));
               },
               201, "{}")
        .ok();
  };
  ASSERT_TRUE(follow({}));
  EXPECT_EQ(Line(), "POST /api/v1.0/feed/user/1/follows/?api_key=key");
  EXPECT_EQ(Body(), R"({"target":"flat:42"})");
  EXPECT_EQ(TokenClaims(), "write follower user1");
  ASSERT_TRUE(follow(0));
  EXPECT_EQ(Body(), R"({"target":"flat:42","activity_copy_limit":0})");
}

TEST_F(FollowsTest, ChecksWhatToFollow) {
  const auto refusal = [this](std::string source, std::string target,
                              std::optional<int64_t> limit) {
    return Refusal<FeedAnswer>([&](auto done) {
      return client_->follows().Add(source, target, limit, std::move(done));
    });
  };
  EXPECT_TRUE(refusal("user", "flat:1", {}).starts_with("source: "));
  EXPECT_TRUE(refusal("user:1", "flat", {}).starts_with("target: "));
  EXPECT_TRUE(
      refusal("user:1", "flat:1", 1'001).starts_with("activity_copy_limit: "));
  EXPECT_TRUE(
      refusal("user:1", "flat:1", -1).starts_with("activity_copy_limit: "));
}

TEST_F(FollowsTest, UnfollowsAFeed) {
  const auto unfollow = [this](bool keep_history) {
    return Ask<FeedAnswer>(
               [&](auto done) {
                 return client_->follows().Remove(
                     "user:1", "flat:42", keep_history, std::move(done));
               },
               200, "{}")
        .ok();
  };
  ASSERT_TRUE(unfollow(false));
  EXPECT_EQ(Line(),
            "DELETE /api/v1.0/feed/user/1/follows/flat:42/?api_key=key");
  EXPECT_EQ(TokenClaims(), "delete follower user1");
  ASSERT_TRUE(unfollow(true));
  EXPECT_EQ(Line(),
            "DELETE /api/v1.0/feed/user/1/follows/flat:42/?api_key=key"
            "&keep_history=True");
}

TEST_F(FollowsTest, ListsBothSides) {
  const auto followers = Ask<FollowPage>(
      [&](auto done) {
        return client_->follows().Followers("user:1", {.limit = 10},
                                            std::move(done));
      },
      200, R"({"results":[{"feed_id":"a:1","target_id":"user:1"}]})");
  ASSERT_TRUE(followers.ok()) << followers.status();
  EXPECT_EQ(followers->follows[0].feed_id, "a:1");
  EXPECT_EQ(Line(),
            "GET /api/v1.0/feed/user/1/followers/?api_key=key&limit=10"
            "&offset=0&filter=");
  EXPECT_EQ(TokenClaims(), "read follower user1");
  ASSERT_TRUE(Ask<FollowPage>(
                  [&](auto done) {
                    return client_->follows().Following(
                        "user:1", {.offset = 2, .feeds = {"a:1", "b:2"}},
                        std::move(done));
                  },
                  200, R"({"results":[]})")
                  .ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/feed/user/1/follows/?api_key=key&limit=25&offset=2"
            "&filter=a%3A1%2Cb%3A2");
  EXPECT_TRUE(Refusal<FollowPage>([&](auto done) {
                return client_->follows().Following("user:1", {.feeds = {"x"}},
                                                    std::move(done));
              }).starts_with("feeds[0]: "));
  EXPECT_TRUE(Refusal<FollowPage>([&](auto done) {
                return client_->follows().Followers("user:1", {.limit = -1},
                                                    std::move(done));
              }).starts_with("limit: "));
}

TEST_F(FollowsTest, FollowsMany) {
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->follows().AddMany(
                        {{"flat:1", "user:1"},
                         {"flat:1", "user:2", /*activity_copy_limit=*/3}},
                        20, std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(),
            "POST /api/v1.0/follow_many/?api_key=key&activity_copy_limit=20");
  EXPECT_EQ(
      Body(),
      R"([{"source":"flat:1","target":"user:1"},)"
      R"({"source":"flat:1","target":"user:2","activity_copy_limit":3}])");
  EXPECT_EQ(TokenClaims(), "* follower *");
}

TEST_F(FollowsTest, UnfollowsMany) {
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->follows().RemoveMany(
                        {{"flat:1", "user:1"},
                         {"flat:1", "user:2", /*keep_history=*/true}},
                        std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /api/v1.0/unfollow_many/?api_key=key");
  EXPECT_EQ(Body(),
            R"([{"source":"flat:1","target":"user:1"},)"
            R"({"source":"flat:1","target":"user:2","keep_history":true}])");
}

TEST_F(FollowsTest, ChecksMany) {
  EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                return client_->follows().AddMany(
                    {{"flat:1", "user:1"}, {"flat:1", "user"}}, {},
                    std::move(done));
              }).starts_with("follows[1].target: "));
  EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                return client_->follows().AddMany({{"flat:1", "user:1", 5'000}},
                                                  {}, std::move(done));
              }).starts_with("follows[0].activity_copy_limit: "));
  EXPECT_TRUE(
      Refusal<FeedAnswer>([&](auto done) {
        return client_->follows().RemoveMany({{"", "user:1"}}, std::move(done));
      }).starts_with("follows[0].source: "));
  EXPECT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->follows().AddMany({}, {}, std::move(done));
                  },
                  0, "")
                  .ok());
  EXPECT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->follows().RemoveMany({}, std::move(done));
                  },
                  0, "")
                  .ok());
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(FollowsTest, CountsFollows) {
  const auto stats = Ask<FollowStats>(
      [&](auto done) {
        return client_->follows().Stats(
            "user:1",
            {.followers_slugs = {"user", "flat"}, .following_slugs = {"news"}},
            std::move(done));
      },
      200, R"({"results":{"followers":{"count":2},"following":{"count":3}}})");
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->followers, 2);
  EXPECT_EQ(stats->following, 3);
  EXPECT_EQ(Line(),
            "GET /api/v1.0/stats/follow/?api_key=key&followers=user%3A1"
            "&following=user%3A1&followers_slugs=user%2Cflat"
            "&following_slugs=news");
  EXPECT_EQ(TokenClaims(), "* * *");
}

}  // namespace
}  // namespace sluice::feed
