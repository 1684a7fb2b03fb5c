#include "plugins/disruptive/backoff.h"

#include <random>

#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

class BackoffTest : public ::testing::Test {
 protected:
  std::mt19937_64 engine_{7};
  absl::BitGenRef random_{engine_};
};

TEST_F(BackoffTest, RetriesAlmostAtOnceAtFirst) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(60), &random_);
  EXPECT_LE(backoff.Next(), absl::Milliseconds(500));
}

TEST_F(BackoffTest, DoublesItsBoundUpToTheMaximum) {
  for (int seed = 0; seed < 50; ++seed) {
    Backoff backoff(absl::Seconds(1), absl::Seconds(4), &random_);
    backoff.Next();
    EXPECT_LE(backoff.Next(), absl::Seconds(1));
    EXPECT_LE(backoff.Next(), absl::Seconds(2));
    for (int i = 0; i < 10; ++i) EXPECT_LE(backoff.Next(), absl::Seconds(4));
  }
}

TEST_F(BackoffTest, NeverUndercutsWhatTheOtherSideAskedFor) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(4), &random_);
  EXPECT_GE(backoff.Next(absl::Seconds(30)), absl::Seconds(30));
}

TEST_F(BackoffTest, StartsAgainAfterReset) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(60), &random_);
  for (int i = 0; i < 8; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_LE(backoff.Next(), absl::Milliseconds(500));
}

TEST_F(BackoffTest, WaitsMinutesAfterARefusal) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_GE(RefusalWait(&random_), absl::Minutes(1));
    EXPECT_LE(RefusalWait(&random_), absl::Minutes(3));
  }
}

}  // namespace
}  // namespace sluice::disruptive
