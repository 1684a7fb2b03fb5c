#include "plugins/feed/client/personalization.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

class PersonalizationTest : public ClientFixture {};

TEST_F(PersonalizationTest, CallsResources) {
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->personalization().Get(
                        "follow_recommendations", {{"user_id", "1"}},
                        std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(),
            "GET /personalization/v1.0/follow_recommendations/?api_key=key"
            "&user_id=1");
  EXPECT_EQ(TokenClaims(), "* personalization * *");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->personalization().Post(
                        "a/b/", {}, R"({"n":1.0})", std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /personalization/v1.0/a/b/?api_key=key");
  EXPECT_EQ(Body(), R"({"n":1.0})");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->personalization().Delete("meta", {},
                                                             std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(), "DELETE /personalization/v1.0/meta/?api_key=key");
}

TEST_F(PersonalizationTest, ChecksArguments) {
  for (const char* resource : {"", "/", "a//b", "../api"}) {
    EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                  return client_->personalization().Get(resource, {},
                                                        std::move(done));
                }).starts_with("resource: "))
        << resource;
  }
  EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                return client_->personalization().Post("a", {}, "[]",
                                                       std::move(done));
              }).starts_with("data: "));
}

}  // namespace
}  // namespace sluice::feed
