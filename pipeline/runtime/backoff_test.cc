#include "pipeline/runtime/backoff.h"

#include <algorithm>
#include <random>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(BackoffTest, DrawsBelowABoundThatDoublesUpToTheMaximum) {
  std::mt19937_64 random(1);
  Backoff backoff(absl::Milliseconds(100), absl::Seconds(1));
  const absl::Duration bounds[] = {
      absl::Milliseconds(100), absl::Milliseconds(200), absl::Milliseconds(400),
      absl::Milliseconds(800), absl::Seconds(1),        absl::Seconds(1)};
  for (const absl::Duration bound : bounds) {
    const absl::Duration wait = backoff.Next(random);
    EXPECT_GE(wait, absl::ZeroDuration());
    EXPECT_LE(wait, bound);
  }
  EXPECT_EQ(backoff.failures(), 6u);
}

TEST(BackoffTest, UsesTheWholeRange) {
  std::mt19937_64 random(2);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 1000; ++i) {
    Backoff backoff(absl::Seconds(1), absl::Seconds(1));
    const absl::Duration wait = backoff.Next(random);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_LT(least, absl::Milliseconds(50));
  EXPECT_GT(most, absl::Milliseconds(950));
}

TEST(BackoffTest, BeginsAnewAfterASuccess) {
  std::mt19937_64 random(3);
  Backoff backoff(absl::Milliseconds(1), absl::Hours(1));
  for (int i = 0; i < 20; ++i) backoff.Next(random);
  backoff.Reset();
  EXPECT_LE(backoff.Next(random), absl::Milliseconds(1));
}

TEST(BackoffTest, StaysAtTheMaximumAfterVeryManyFailures) {
  std::mt19937_64 random(4);
  Backoff backoff(absl::Milliseconds(1), absl::Seconds(2));
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_LE(backoff.Next(random), absl::Seconds(2));
  }
}

}  // namespace
}  // namespace sluice
