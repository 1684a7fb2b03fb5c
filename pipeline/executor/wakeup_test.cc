#include "pipeline/executor/wakeup.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

TEST(WakeupTest, ServesSeveralNotificationsWithOneRun) {
  ManualExecutor executor;
  int runs = 0;
  Wakeup wakeup(&executor, [&] { ++runs; });
  wakeup.Notify();
  wakeup.Notify();
  EXPECT_EQ(executor.RunReady(), 1);
  EXPECT_EQ(runs, 1);
}

TEST(WakeupTest, RunsAgainWhenNotifiedDuringTheRun) {
  ManualExecutor executor;
  int runs = 0;
  std::unique_ptr<Wakeup> wakeup;
  wakeup = std::make_unique<Wakeup>(&executor, [&] {
    if (++runs == 1) wakeup->Notify();
  });
  wakeup->Notify();
  executor.RunReady();
  EXPECT_EQ(runs, 2);
}

TEST(WakeupTest, DoesNotRunOnceDestroyed) {
  ManualExecutor executor;
  int runs = 0;
  auto wakeup = std::make_unique<Wakeup>(&executor, [&] { ++runs; });
  wakeup->Notify();
  wakeup.reset();
  executor.RunReady();
  EXPECT_EQ(runs, 0);
}

TEST(WakeupTest, MayBeDestroyedByItsOwnTask) {
  ManualExecutor executor;
  int runs = 0;
  std::unique_ptr<Wakeup> wakeup;
  wakeup = std::make_unique<Wakeup>(&executor, [&] {
    ++runs;
    wakeup.reset();
  });
  wakeup->Notify();
  executor.RunReady();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace sluice
