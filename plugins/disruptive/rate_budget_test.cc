#include "plugins/disruptive/rate_budget.h"

#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

TEST(RateBudgetTest, LetsABurstGoAndThenKeepsTheRate) {
  RateBudget budget(4, 3);
  absl::Duration now = absl::Hours(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(budget.Take(now), absl::ZeroDuration());
  }
  int sent = 0;
  const absl::Duration end = now + absl::Seconds(10);
  while (now < end) {
    const absl::Duration wait = budget.Take(now);
    if (wait == absl::ZeroDuration()) {
      ++sent;
    } else {
      now += wait;
    }
  }
  EXPECT_GE(sent, 38);
  EXPECT_LE(sent, 40);
}

TEST(RateBudgetTest, SavesNoMoreThanABurst) {
  RateBudget budget(4, 2);
  budget.Take(absl::Hours(1));
  EXPECT_EQ(budget.Take(absl::Hours(9)), absl::ZeroDuration());
  EXPECT_EQ(budget.Take(absl::Hours(9)), absl::ZeroDuration());
  EXPECT_GT(budget.Take(absl::Hours(9)), absl::ZeroDuration());
}

TEST(RateBudgetTest, WaitsAsLongAsTheOtherSideSays) {
  RateBudget budget(4, 20);
  const absl::Duration now = absl::Hours(1);
  budget.BlockUntil(now + absl::Seconds(7));
  EXPECT_EQ(budget.Take(now), absl::Seconds(7));
  EXPECT_EQ(budget.Take(now + absl::Seconds(7)), absl::ZeroDuration());
  EXPECT_GT(budget.Take(now + absl::Seconds(7)), absl::ZeroDuration());
}

}  // namespace
}  // namespace sluice::disruptive
