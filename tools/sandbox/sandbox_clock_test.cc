#include "tools/sandbox/sandbox_clock.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SandboxClockTest : public ::testing::Test {
 protected:
  Executor::Task Note(std::string what) {
    return [this, what] { happened_.push_back(what); };
  }

  ManualExecutor machine_;
  SandboxClock clock_{&machine_};
  std::vector<std::string> happened_;
  ClockedExecutor executor_{&machine_, &clock_};
};

TEST_F(SandboxClockTest, RunsWithTheMachine) {
  const absl::Time start = machine_.Now();
  EXPECT_EQ(executor_.Now(), start);
  executor_.PostAfter(absl::Seconds(2), Note("second"));
  executor_.PostAfter(absl::Seconds(1), Note("first"));
  machine_.Advance(absl::Seconds(1));
  EXPECT_THAT(happened_, ElementsAre("first"));
  EXPECT_EQ(executor_.Now(), start + absl::Seconds(1));
  machine_.Advance(absl::Seconds(1));
  EXPECT_THAT(happened_, ElementsAre("first", "second"));
}

TEST_F(SandboxClockTest, LetsWhatIsDueHappenWhenItIsMovedOn) {
  const absl::Time start = executor_.Now();
  const absl::Duration monotonic = executor_.MonotonicNow();
  executor_.PostAfter(absl::Hours(2), Note("two"));
  executor_.PostAfter(absl::Hours(1), Note("one"));
  executor_.PostAfter(absl::Hours(4), Note("four"));
  clock_.Advance(absl::Hours(3));
  EXPECT_THAT(happened_, IsEmpty());
  machine_.RunReady();
  EXPECT_THAT(happened_, ElementsAre("one", "two"));
  EXPECT_EQ(executor_.Now(), start + absl::Hours(3));
  EXPECT_EQ(executor_.MonotonicNow(), monotonic + absl::Hours(3));
  machine_.Advance(absl::Minutes(59));
  EXPECT_THAT(happened_, ElementsAre("one", "two"));
  machine_.Advance(absl::Minutes(1));
  EXPECT_THAT(happened_, ElementsAre("one", "two", "four"));
}

TEST_F(SandboxClockTest, StandsStillUntilItRunsAgain) {
  clock_.Stop();
  const absl::Time start = executor_.Now();
  executor_.PostAfter(absl::Seconds(10), Note("ten"));
  machine_.Advance(absl::Hours(1));
  EXPECT_EQ(executor_.Now(), start);
  EXPECT_THAT(happened_, IsEmpty());
  executor_.PostAfter(absl::ZeroDuration(), Note("at once"));
  machine_.RunUntil([&] { return !happened_.empty(); }, absl::Seconds(1));
  EXPECT_THAT(happened_, ElementsAre("at once"));
  clock_.Advance(absl::Seconds(4));
  EXPECT_EQ(executor_.Now(), start + absl::Seconds(4));
  clock_.Run();
  machine_.RunReady();
  machine_.Advance(absl::Seconds(5));
  EXPECT_THAT(happened_, ElementsAre("at once"));
  machine_.Advance(absl::Seconds(1));
  EXPECT_THAT(happened_, ElementsAre("at once", "ten"));
}

TEST_F(SandboxClockTest, GoesBackWithoutItsTimersNoticing) {
  const absl::Time start = executor_.Now();
  const absl::Duration monotonic = executor_.MonotonicNow();
  executor_.PostAfter(absl::Seconds(1), Note("timer"));
  clock_.Set(start - absl::Hours(1));
  EXPECT_EQ(executor_.Now(), start - absl::Hours(1));
  EXPECT_EQ(executor_.MonotonicNow(), monotonic);
  machine_.Advance(absl::Seconds(1));
  EXPECT_THAT(happened_, ElementsAre("timer"));
  clock_.Set(start + absl::Hours(1));
  EXPECT_EQ(executor_.Now(), start + absl::Hours(1));
}

TEST_F(SandboxClockTest, TakesTimersBack) {
  const auto id = executor_.PostAfter(absl::Seconds(1), Note("never"));
  EXPECT_TRUE(executor_.Cancel(id));
  EXPECT_FALSE(executor_.Cancel(id));
  clock_.Advance(absl::Hours(1));
  machine_.RunReady();
  EXPECT_THAT(happened_, IsEmpty());
}

TEST_F(SandboxClockTest, RunsATimerThatStartsItselfAgainOncePerMove) {
  int rounds = 0;
  std::function<void()> again = [&] {
    ++rounds;
    executor_.PostAfter(absl::Seconds(1), [&] { again(); });
  };
  executor_.PostAfter(absl::Seconds(1), [&] { again(); });
  clock_.Advance(absl::Hours(1));
  machine_.RunReady();
  EXPECT_EQ(rounds, 1);
}

}  // namespace
}  // namespace sluice::sandbox
