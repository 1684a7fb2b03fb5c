#include "storage/base/clock.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(ClockTest, RealClockTellsTheTimeOfDay) {
  const absl::Time before = absl::Now();
  const absl::Time now = Clock::Real()->Now();
  const absl::Time after = absl::Now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(ClockTest, ThereIsOneRealClock) {
  EXPECT_EQ(Clock::Real(), Clock::Real());
}

}  // namespace
}  // namespace sluice
