#include "pipeline/rate/rate_budget.h"

#include <cstdlib>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Share = RateBudget::Share;
constexpr absl::Duration kStart = absl::Hours(1);
const std::vector<absl::Duration> kSpans = {absl::Minutes(1), absl::Minutes(15),
                                            absl::Hours(1)};

// Sends as fast as it may from `now` to `end`; returns how often.
int Exhaust(Share& share, absl::Duration* now, absl::Duration end) {
  int sent = 0;
  while (*now < end) {
    const absl::Duration wait = share.Take(*now);
    if (wait == absl::ZeroDuration()) {
      share.Done();
      ++sent;
    }
    *now += wait;
  }
  return sent;
}

TEST(RateBudgetTest, IsFreeAsLongAsNothingIsKnown) {
  Share share(RateBudget::Create(kSpans));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(share.Take(kStart), absl::ZeroDuration());
    share.Done();
  }
}

TEST(RateBudgetTest, SpreadsTheLastFifthOverTheRestOfTheWindow) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {100, 30, absl::Seconds(60)});
  absl::Duration now = kStart;
  int at_once = 0;
  while (share.Take(now) == absl::ZeroDuration()) {
    share.Done();
    ++at_once;
  }
  EXPECT_EQ(at_once, 10);
  // 20 are left for 61 seconds.
  EXPECT_GT(share.Take(now), absl::Seconds(2));
  const int later = Exhaust(share, &now, kStart + absl::Seconds(60));
  EXPECT_LE(later, 20);
  EXPECT_GE(later, 18);
}

TEST(RateBudgetTest, WaitsForTheEndOfAnEmptyWindowAndNotLonger) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {100, 0, absl::Seconds(60)});
  const absl::Duration wait = share.Take(kStart);
  EXPECT_GE(wait, absl::Seconds(60));
  EXPECT_LE(wait, absl::Seconds(62));
  EXPECT_EQ(share.Take(kStart + wait), absl::ZeroDuration());
}

TEST(RateBudgetTest, KeepsToEveryOneOfNestedWindows) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {1000, 0, absl::Minutes(15)});
  share.Observe(kStart, {100, 90, absl::Seconds(60)});
  EXPECT_GE(share.Take(kStart + absl::Minutes(5)), absl::Minutes(10));
}

TEST(RateBudgetTest, CountsWhatIsUnderWayAndWhatOvertook) {
  Share share(RateBudget::Create(kSpans));
  for (int i = 0; i < 8; ++i) share.Take(kStart);
  for (int i = 0; i < 2; ++i) share.Done();
  share.Observe(kStart, {100, 6, absl::Seconds(60)});
  EXPECT_GT(share.Take(kStart), absl::Seconds(59)) << "six are under way";
  share.Observe(kStart, {100, 50, absl::Seconds(60)});
  EXPECT_GT(share.Take(kStart), absl::Seconds(59)) << "an older answer";
}

TEST(RateBudgetTest, ANewWindowReplacesTheOld) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {100, 0, absl::Seconds(10)});
  share.Observe(kStart + absl::Seconds(10), {100, 99, absl::Seconds(60)});
  EXPECT_EQ(share.Take(kStart + absl::Seconds(10)), absl::ZeroDuration());
}

TEST(RateBudgetTest, DoesNotRushIntoAWindowThatNobodyHasToldOfYet) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {10, 0, absl::Seconds(10)});
  const absl::Duration next = kStart + absl::Seconds(12);
  int at_once = 0;
  while (at_once < 100 && share.Take(next) == absl::ZeroDuration()) ++at_once;
  EXPECT_LE(at_once, 10);
  EXPECT_GE(at_once, 8);
}

TEST(RateBudgetTest, RemembersTheSmallWindowWhileAnswersTellOfTheLargeOne) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {20, 10, absl::Seconds(30)});
  share.Observe(kStart, {100, 0, absl::Minutes(15)});
  absl::Duration now = kStart + absl::Minutes(16);
  // A minute lies in two windows.
  EXPECT_LE(Exhaust(share, &now, now + absl::Seconds(60)), 2 * 20);
}

TEST(RateBudgetTest, CountsTheLargeWindowOnWhileAnswersTellOfTheSmallOne) {
  Share share(RateBudget::Create(kSpans));
  // The largest is told of only near its end, where it is the tightest.
  share.Observe(kStart, {20, 20, absl::Seconds(60)});
  share.Observe(kStart, {100, 100, absl::Minutes(15)});
  share.Observe(kStart, {300, 1, absl::Minutes(5)});
  absl::Duration now = kStart + absl::Minutes(6);
  int sent = 0;
  while (now < kStart + absl::Minutes(64)) {
    share.Observe(now, {20, 20, absl::Seconds(60)});
    sent += Exhaust(share, &now, now + absl::Seconds(60));
  }
  EXPECT_LE(sent, 300);
  EXPECT_GT(sent, 280);
}

TEST(RateBudgetTest, ForgetsAWindowThatIsNoMore) {
  Share share(RateBudget::Create(kSpans));
  share.Observe(kStart, {10, 0, absl::Seconds(30)});
  const absl::Duration later = kStart + absl::Hours(4);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(share.Take(later), absl::ZeroDuration());
    share.Done();
  }
}

TEST(RateBudgetTest, ARefusalOfOneStopsAll) {
  RateBudgets budgets;
  Share one(budgets.Get("feed key", kSpans));
  Share same(budgets.Get("feed key", kSpans));
  Share other(budgets.Get("feed other-key", kSpans));
  one.Block(kStart + absl::Seconds(30));
  EXPECT_EQ(same.Take(kStart), absl::Seconds(30));
  EXPECT_EQ(other.Take(kStart), absl::ZeroDuration());
}

TEST(RateBudgetTest, SharesTakeTurnsHoweverOftenTheyAsk) {
  const auto budget = RateBudget::Create(kSpans);
  Share greedy(budget);
  Share modest(budget);
  greedy.Observe(kStart, {1000, 100, absl::Seconds(100)});
  int by_greedy = 0;
  int by_modest = 0;
  absl::Duration ask_again = kStart;
  for (absl::Duration now = kStart; now < kStart + absl::Seconds(90);
       now += absl::Milliseconds(10)) {
    if (greedy.Take(now) == absl::ZeroDuration()) {
      greedy.Done();
      ++by_greedy;
    }
    if (now < ask_again) continue;
    const absl::Duration wait = modest.Take(now);
    if (wait == absl::ZeroDuration()) {
      modest.Done();
      ++by_modest;
    }
    ask_again = now + wait;
  }
  EXPECT_GT(by_modest, 35);
  EXPECT_LE(std::abs(by_greedy - by_modest), 2);
}

TEST(RateBudgetTest, WhoNeedsNothingHoldsNobodyUp) {
  const auto budget = RateBudget::Create(kSpans);
  Share idle(budget);
  Share busy(budget);
  busy.Observe(kStart, {1000, 100, absl::Seconds(100)});
  absl::Duration now = kStart;
  EXPECT_GE(Exhaust(busy, &now, kStart + absl::Seconds(100)), 95);
}

TEST(RateBudgetTest, KeepsTheKnownLimitsUntilAnAnswerTells) {
  const RateLimits known = {.burst = 10, .interval = absl::Seconds(10)};
  Share share(RateBudget::Create(kSpans, known));
  absl::Duration now = kStart;
  // Half a burst at first, and then one per interval.
  EXPECT_EQ(Exhaust(share, &now, kStart + absl::Minutes(1)), 5 + 5);
  share.Observe(now, {1000, 900, absl::Seconds(60)});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(share.Take(now), absl::ZeroDuration());
    share.Done();
  }
  // They come back once what answers told has been forgotten.
  now += absl::Hours(4);
  EXPECT_EQ(Exhaust(share, &now, now + absl::Seconds(5)), 10);
}

TEST(RateBudgetTest, KnownLimitsOfSharesOnlyTighten) {
  RateBudgets budgets;
  Share wide(budgets.Get(
      "key", kSpans, RateLimits{.burst = 100, .interval = absl::Seconds(1)}));
  Share narrow(budgets.Get(
      "key", kSpans, RateLimits{.burst = 2, .interval = absl::Seconds(60)}));
  Share late(budgets.Get("key", kSpans,
                         RateLimits{.burst = 9, .interval = absl::Seconds(9)}));
  absl::Duration now = kStart;
  EXPECT_EQ(Exhaust(wide, &now, kStart + absl::Seconds(1)), 2);
  EXPECT_GE(late.Take(kStart), absl::Seconds(59));
}

TEST(RateBudgetTest, ARefusalLeavesNothingOfTheKnownBurst) {
  Share share(RateBudget::Create(
      kSpans, RateLimits{.burst = 10, .interval = absl::Seconds(10)}));
  share.Block(kStart + absl::Minutes(1));
  EXPECT_EQ(share.Take(kStart), absl::Minutes(1));
  const absl::Duration later = kStart + absl::Minutes(1);
  EXPECT_EQ(share.Take(later), absl::ZeroDuration());
  EXPECT_EQ(share.Take(later), absl::Seconds(10));
}

TEST(RateBudgetTest, UrgentRequestsGoFirstButStarveNobody) {
  const auto budget = RateBudget::Create(
      kSpans,
      RateLimits{.burst = 10, .interval = absl::Seconds(10), .reserve = 2});
  Share alarms(budget);
  Share others(budget);
  int by_alarms = 0;
  int by_others = 0;
  absl::Duration ask_alarms = kStart;
  absl::Duration ask_others = kStart;
  for (absl::Duration now = kStart; now < kStart + absl::Hours(2);
       now += absl::Milliseconds(50)) {
    if (now >= ask_alarms) {
      const absl::Duration wait = alarms.Take(now, RateBudget::Claim::kUrgent);
      ask_alarms = now + wait;
      if (wait == absl::ZeroDuration()) {
        alarms.Done();
        ++by_alarms;
      }
    }
    if (now < ask_others) continue;
    const absl::Duration wait = others.Take(now);
    ask_others = now + wait;
    if (wait > absl::ZeroDuration()) continue;
    others.Done();
    ++by_others;
  }
  EXPECT_NEAR(by_alarms + by_others, 5 + 720, 10);
  EXPECT_LE(std::abs(by_alarms - by_others), 6);
  EXPECT_GE(by_alarms, by_others);
}

TEST(RateBudgetTest, TellsWhatTheLimitsLeaveInTheLongRun) {
  Share nothing_known(RateBudget::Create(kSpans));
  EXPECT_EQ(nothing_known.AllowedPerHour(kStart, 100), 0);

  const auto budget = RateBudget::Create(
      kSpans, RateLimits{.burst = 10, .interval = absl::Seconds(10)});
  Share share(budget);
  Share other(budget);
  share.Take(kStart);
  EXPECT_EQ(share.AllowedPerHour(kStart, 500), 360 * 500);
  other.Take(kStart);
  EXPECT_EQ(share.AllowedPerHour(kStart, 500), 360 * 500 / 2);
  EXPECT_EQ(share.AllowedPerHour(kStart + absl::Hours(1), 500), 360 * 500);
  // The tightest window in the long run counts, once answers tell of them.
  share.Observe(kStart, {1000, 10, absl::Seconds(60)});
  share.Observe(kStart, {12'000, 11'000, absl::Minutes(15)});
  EXPECT_EQ(share.AllowedPerHour(kStart + absl::Hours(1), 1), 48'000);
}

TEST(RateBudgetTest, AShareThatDiesGivesBackWhatWasUnderWay) {
  const auto budget = RateBudget::Create(kSpans);
  Share stays(budget);
  {
    Share dies(budget);
    for (int i = 0; i < 50; ++i) dies.Take(kStart);
  }
  stays.Observe(kStart, {100, 50, absl::Seconds(60)});
  EXPECT_EQ(stays.Take(kStart), absl::ZeroDuration());
}

}  // namespace
}  // namespace sluice
