#include "pipeline/executor/scoped_timer.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

TEST(ScopedTimerTest, RunsItsTaskOnce) {
  ManualExecutor executor;
  ScopedTimer timer(&executor);
  int runs = 0;
  timer.Start(absl::Seconds(1), [&] { ++runs; });
  EXPECT_TRUE(timer.running());
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(timer.running());
}

TEST(ScopedTimerTest, RestartingReplacesTheTask) {
  ManualExecutor executor;
  ScopedTimer timer(&executor);
  int first = 0;
  int second = 0;
  timer.Start(absl::Seconds(1), [&] { ++first; });
  timer.Start(absl::Seconds(2), [&] { ++second; });
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(ScopedTimerTest, DestroyingTakesTheTaskBack) {
  ManualExecutor executor;
  int runs = 0;
  auto timer = std::make_unique<ScopedTimer>(&executor);
  timer->Start(absl::Seconds(1), [&] { ++runs; });
  timer.reset();
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(runs, 0);
}

TEST(ScopedTimerTest, ATaskMayDestroyItsOwnTimer) {
  ManualExecutor executor;
  auto timer = std::make_unique<ScopedTimer>(&executor);
  timer->Start(absl::Seconds(1), [&] { timer.reset(); });
  executor.Advance(absl::Seconds(5));
  EXPECT_EQ(timer, nullptr);
}

}  // namespace
}  // namespace sluice
