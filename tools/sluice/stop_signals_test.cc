#include "tools/sluice/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <thread>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Reason = StopSignals::Reason;

TEST(StopSignalsTest, WaitsForEitherSignal) {
  StopSignals signals;
  for (const int signal : {SIGINT, SIGTERM}) {
    ASSERT_EQ(kill(getpid(), signal), 0);
    EXPECT_EQ(signals.Wait(absl::InfiniteDuration()), Reason::kSignal);
  }
  EXPECT_EQ(signals.Wait(absl::ZeroDuration()), Reason::kTimeout);
}

TEST(StopSignalsTest, IsWokenByAnotherThread) {
  StopSignals signals;
  std::thread other([&signals] { signals.Wake(); });
  EXPECT_EQ(signals.Wait(absl::InfiniteDuration()), Reason::kWoken);
  other.join();
  EXPECT_EQ(signals.Wait(absl::ZeroDuration()), Reason::kTimeout);
}

TEST(StopSignalsTest, ASignalGoesBeforeAWake) {
  StopSignals signals;
  signals.Wake();
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  EXPECT_EQ(signals.Wait(absl::InfiniteDuration()), Reason::kSignal);
  EXPECT_EQ(signals.Wait(absl::InfiniteDuration()), Reason::kWoken);
}

TEST(StopSignalsTest, GivesUpAfterTheTimeout) {
  StopSignals signals;
  EXPECT_EQ(signals.Wait(absl::Milliseconds(1)), Reason::kTimeout);
}

}  // namespace
}  // namespace sluice
