#include "tools/bench/post_load.h"

#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

TEST(PostLoadTest, EveryRequestIsAnswered) {
  const auto result =
      RunPostLoad({.requests = 50, .body_bytes = 35'000, .in_flight = 4});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->answered, 50u);
  EXPECT_GT(result->elapsed, absl::ZeroDuration());
  EXPECT_GT(result->client_cpu, absl::ZeroDuration());
}

TEST(PostLoadTest, NothingToSendEndsAtOnce) {
  const auto result = RunPostLoad({.requests = 0, .body_bytes = 1});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->answered, 0u);
}

}  // namespace
}  // namespace sluice::bench
