#include "plugins/feed/client/users.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

constexpr char kBob[] = R"({"id":"bob","data":{"n":1.50}})";

class UsersTest : public ClientFixture {};

TEST_F(UsersTest, AddsAUser) {
  const auto added = Ask<UserAnswer>(
      [&](auto done) {
        return client_->users().Add("bob", R"({"n":1.50})", true,
                                    std::move(done));
      },
      201, kBob);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->user.data, R"({"n":1.50})");
  EXPECT_EQ(Line(), "POST /api/v1.0/user/?api_key=key&get_or_create=True");
  EXPECT_EQ(Body(), R"({"id":"bob","data":{"n":1.50}})");
  EXPECT_EQ(TokenClaims(), "* users *");
  ASSERT_TRUE(Ask<UserAnswer>(
                  [&](auto done) {
                    return client_->users().Add("bob", "", false,
                                                std::move(done));
                  },
                  201, kBob)
                  .ok());
  EXPECT_EQ(Line(), "POST /api/v1.0/user/?api_key=key&get_or_create=False");
  EXPECT_EQ(Body(), R"({"id":"bob","data":null})");
}

TEST_F(UsersTest, ReadsChangesAndDeletesAUser) {
  ASSERT_TRUE(Ask<UserAnswer>(
                  [&](auto done) {
                    return client_->users().Get("bob", true, std::move(done));
                  },
                  200, kBob)
                  .ok());
  EXPECT_EQ(Line(),
            "GET /api/v1.0/user/bob/?api_key=key&with_follow_counts=True");
  ASSERT_TRUE(Ask<UserAnswer>(
                  [&](auto done) {
                    return client_->users().Update("bob", "{}",
                                                   std::move(done));
                  },
                  201, kBob)
                  .ok());
  EXPECT_EQ(Line(), "PUT /api/v1.0/user/bob/?api_key=key");
  EXPECT_EQ(Body(), R"({"data":{}})");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->users().Delete("b ob", std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(), "DELETE /api/v1.0/user/b%20ob/?api_key=key");
}

TEST_F(UsersTest, HandlesMany) {
  const auto added = Ask<UserList>(
      [&](auto done) {
        return client_->users().AddMany({{"a"}, {"b", R"({"n":1})"}}, true,
                                        std::move(done));
      },
      201, R"({"created_users":[{"id":"a"},{"id":"b"}]})");
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->users[1].id, "b");
  EXPECT_EQ(Line(), "POST /api/v1.0/users/?api_key=key");
  EXPECT_EQ(Body(),
            R"({"users":[{"id":"a","data":{}},{"id":"b","data":{"n":1}}],)"
            R"("override":true})");
  ASSERT_TRUE(
      Ask<UserList>(
          [&](auto done) {
            return client_->users().GetMany({"a", "b"}, std::move(done));
          },
          200, R"({"users":[]})")
          .ok());
  EXPECT_EQ(Line(), "GET /api/v1.0/users/?api_key=key&ids=a%2Cb");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->users().DeleteMany({"a"}, std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(), "DELETE /api/v1.0/users/?api_key=key&ids=a");
}

TEST_F(UsersTest, ChecksArguments) {
  EXPECT_TRUE(Refusal<UserAnswer>([&](auto done) {
                return client_->users().Add("", "", false, std::move(done));
              }).starts_with("user_id: "));
  EXPECT_TRUE(Refusal<UserAnswer>([&](auto done) {
                return client_->users().Update("bob", "[]", std::move(done));
              }).starts_with("data: "));
  EXPECT_TRUE(Refusal<UserAnswer>([&](auto done) {
                return client_->users().Get("..", false, std::move(done));
              }).starts_with("user_id: "));
  EXPECT_TRUE(Refusal<UserList>([&](auto done) {
                return client_->users().AddMany({{"a"}, {"b", "x"}}, false,
                                                std::move(done));
              }).starts_with("users[1].data: "));
  EXPECT_TRUE(Refusal<UserList>([&](auto done) {
                return client_->users().AddMany({}, false, std::move(done));
              }).starts_with("users: "));
  EXPECT_TRUE(Refusal<UserList>([&](auto done) {
                return client_->users().GetMany({}, std::move(done));
              }).starts_with("user_ids: "));
}

TEST_F(UsersTest, TellsThatThereIsOne) {
  EXPECT_EQ(Ask<UserAnswer>(
                [&](auto done) {
                  return client_->users().Add("bob", "", false,
                                              std::move(done));
                },
                409, R"({"detail":"there","code":22,"exception":"Conflict"})")
                .status()
                .code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(UserReferenceTest, IsWhatActivitiesHold) {
  EXPECT_EQ(Users::Reference("bob"), "SU:bob");
}

}  // namespace
}  // namespace sluice::feed
