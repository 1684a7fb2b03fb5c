#include "tests/testing/manual_executor.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(ManualExecutorTest, RunsNothingByItself) {
  ManualExecutor executor;
  bool ran = false;
  executor.Post([&] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_EQ(executor.RunReady(), 1);
  EXPECT_TRUE(ran);
}

TEST(ManualExecutorTest, RunReadyRunsWhatTasksPostButNoTimer) {
  ManualExecutor executor;
  std::vector<int> order;
  executor.PostAfter(absl::ZeroDuration(), [&] { order.push_back(3); });
  executor.Post([&] {
    order.push_back(1);
    executor.Post([&] { order.push_back(2); });
  });
  EXPECT_EQ(executor.RunReady(), 2);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  executor.Advance(absl::ZeroDuration());
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(ManualExecutorTest, AdvanceStopsTheClockAtEachTimer) {
  ManualExecutor executor;
  const absl::Time start = executor.Now();
  const absl::Duration monotonic = executor.MonotonicNow();
  std::vector<absl::Duration> seen;
  auto note = [&] { seen.push_back(executor.Now() - start); };
  executor.PostAfter(absl::Seconds(2), [&] {
    note();
    executor.PostAfter(absl::Seconds(1), note);
    executor.PostAfter(absl::Seconds(9), note);
  });
  executor.PostAfter(absl::Seconds(1), note);
  executor.Advance(absl::Seconds(10));
  EXPECT_EQ(seen, (std::vector<absl::Duration>{
                      absl::Seconds(1), absl::Seconds(2), absl::Seconds(3)}));
  EXPECT_EQ(executor.Now() - start, absl::Seconds(10));
  EXPECT_EQ(executor.MonotonicNow() - monotonic, absl::Seconds(10));
  EXPECT_EQ(executor.pending_timers(), 1);
}

TEST(ManualExecutorTest, RunNextTimerJumpsToIt) {
  ManualExecutor executor;
  const absl::Time start = executor.Now();
  EXPECT_FALSE(executor.RunNextTimer());
  executor.PostAfter(absl::Hours(5), [] {});
  EXPECT_TRUE(executor.RunNextTimer());
  EXPECT_EQ(executor.Now() - start, absl::Hours(5));
}

TEST(ManualExecutorTest, RunUntilStopsAsSoonAsItIsDone) {
  ManualExecutor executor;
  int ticks = 0;
  absl::AnyInvocable<void()> tick = [&] {
    ++ticks;
    executor.PostAfter(absl::Seconds(1), [&] { tick(); });
  };
  tick();
  EXPECT_TRUE(executor.RunUntil([&] { return ticks == 4; }));
  EXPECT_EQ(ticks, 4);
  EXPECT_FALSE(executor.RunUntil([] { return false; }, absl::Seconds(10)));
  EXPECT_EQ(ticks, 14);
}

TEST(ManualExecutorTest, AJumpOfTheWallClockMovesNoTimer) {
  ManualExecutor executor;
  bool ran = false;
  executor.PostAfter(absl::Minutes(1), [&] { ran = true; });
  executor.JumpWallClock(absl::Hours(1));
  executor.Advance(absl::Seconds(59));
  EXPECT_FALSE(ran);
  executor.Advance(absl::Seconds(1));
  EXPECT_TRUE(ran);
}

TEST(ManualExecutorTest, ATaskTakenBackMayCancelAnotherAsItDies) {
  ManualExecutor executor;
  const auto other = executor.PostAfter(absl::Seconds(1), [] {});
  auto guard = std::shared_ptr<void>(
      nullptr, [&](void*) { EXPECT_TRUE(executor.Cancel(other)); });
  const auto id =
      executor.PostAfter(absl::Seconds(1), [guard = std::move(guard)] {});
  EXPECT_TRUE(executor.Cancel(id));
  EXPECT_EQ(executor.pending_timers(), 0);
}

}  // namespace
}  // namespace sluice
