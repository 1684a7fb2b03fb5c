#include "plugins/feed/client/token.h"

#include <string>

#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"

namespace sluice::feed {
namespace {

// The first is also in stream-go2 8.9.0 client_test.go; the others were made
// with stream-python 5.3.1 and the secret "secret".
TEST(SignTokenTest, AgreesWithTheOfficialClients) {
  EXPECT_EQ(SignToken("secret", {.user_id = "user"}),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidXNlciJ9."
            "0Kiui6HUywyU-C-00E68n1iq_3o7Eh0aE5VGSOc3pU4");
  EXPECT_EQ(
      SignToken("secret",
                {.action = "write", .resource = "feed", .feed_id = "userbob"}),
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJhY3Rpb24iOiJ3cml0ZSIsInJlc291cmNlIjoiZmVlZCIsImZlZWRfaWQiOiJ1c2VyYm9i"
      "In0.taeVzLiOVfg22OqbHbc5RqvOCQLL9jVz0o6BttBfX8E");
  EXPECT_EQ(
      SignToken("secret",
                {.action = "read", .resource = "*", .feed_id = "user1"}),
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJhY3Rpb24iOiJyZWFkIiwicmVzb3VyY2UiOiIqIiwiZmVlZF9pZCI6InVzZXIxIn0."
      "jjcDLjYP92Br7Kk5pasfefm8b4dXYkNaTeDxkk40_b0");
  EXPECT_EQ(
      SignToken("secret",
                {.action = "*", .resource = "activities", .feed_id = "*"}),
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJhY3Rpb24iOiIqIiwicmVzb3VyY2UiOiJhY3Rpdml0aWVzIiwiZmVlZF9pZCI6IioifQ."
      "t_nLsxGRxQXGjO1lZApyY4MrUzSiY4T9uPPPpqw9yjQ");
  EXPECT_EQ(
      SignToken("secret", {.action = "*",
                           .resource = "redirect_and_track",
                           .feed_id = "*",
                           .user_id = "tommaso"}),
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJhY3Rpb24iOiIqIiwicmVzb3VyY2UiOiJyZWRpcmVjdF9hbmRfdHJhY2siLCJmZWVkX2lk"
      "IjoiKiIsInVzZXJfaWQiOiJ0b21tYXNvIn0."
      "VwCRiK9p7wVHP4obcb8EkYdzlFOGSd9GrgvlRWMNAz4");
}

TEST(SignUserTokenTest, AddsClaimsBehindTheUser) {
  EXPECT_EQ(*SignUserToken("secret", "user"),
            SignToken("secret", {.user_id = "user"}));
  EXPECT_EQ(*SignUserToken("secret", "user", R"({"exp": 17,"n":{"a":1.0}})"),
            SignJwt(R"({"alg":"HS256","typ":"JWT"})",
                    R"({"user_id":"user","exp":17,"n":{"a":1.0}})", "secret"));
}

TEST(SignUserTokenTest, NamesTheArgumentThatCannotBe) {
  const auto refusal = [](std::string_view user, std::string_view claims) {
    const absl::StatusOr<std::string> token =
        SignUserToken("secret", user, claims);
    EXPECT_EQ(token.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(token.status().message());
  };
  EXPECT_TRUE(refusal("", "").starts_with("user_id: "));
  EXPECT_TRUE(refusal("\xff", "").starts_with("user_id: "));
  EXPECT_TRUE(refusal("u", "[]").starts_with("more_claims: "));
  EXPECT_TRUE(refusal("u", R"({"user_id":"x"})").starts_with("more_claims: "));
}

TEST(FeedTokenTest, IsForOneFeed) {
  EXPECT_EQ(SignReadOnlyToken("secret", {"user", "1"}),
            SignToken("secret",
                      {.action = "read", .resource = "*", .feed_id = "user1"}));
  EXPECT_EQ(SignReadWriteToken("secret", {"user", "1"}),
            SignToken("secret",
                      {.action = "*", .resource = "*", .feed_id = "user1"}));
}

}  // namespace
}  // namespace sluice::feed
