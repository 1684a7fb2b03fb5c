#include "tests/testing/seeded_scheduler.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using SimExecutor = SeededScheduler::SimExecutor;

// Three executors that post to each other; returns the order of what ran.
std::string Scramble(uint64_t seed, uint64_t* hash) {
  SeededScheduler scheduler(seed);
  std::vector<std::unique_ptr<SimExecutor>> executors;
  for (int i = 0; i < 3; ++i) executors.push_back(scheduler.NewExecutor());
  std::string order;
  for (int i = 0; i < 3; ++i) {
    executors[i]->Post([&, i] {
      for (int n = 0; n < 3; ++n) {
        executors[0]->Post(
            [&order, i, n] { order += std::string{char('a' + 3 * i + n)}; });
      }
    });
  }
  scheduler.RunFor(absl::Seconds(1));
  *hash = scheduler.trace_hash();
  return order;
}

TEST(SeededSchedulerTest, TheSameSeedGivesTheSameRun) {
  for (uint64_t seed = 1; seed < 20; ++seed) {
    uint64_t first = 0;
    uint64_t second = 0;
    EXPECT_EQ(Scramble(seed, &first), Scramble(seed, &second));
    EXPECT_EQ(first, second);
  }
}

TEST(SeededSchedulerTest, SeedsDifferButTasksOfOnePosterKeepTheirOrder) {
  std::set<std::string> orders;
  for (uint64_t seed = 1; seed < 20; ++seed) {
    uint64_t hash = 0;
    const std::string order = Scramble(seed, &hash);
    ASSERT_EQ(order.size(), 9u);
    for (const char* expected : {"abc", "def", "ghi"}) {
      std::string kept;
      for (char c : order) {
        if (std::string(expected).find(c) != std::string::npos) kept += c;
      }
      EXPECT_EQ(kept, expected);
    }
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 5u);
}

TEST(SeededSchedulerTest, TimersRunInTheOrderTheyAreDueAndNotBefore) {
  SeededScheduler scheduler(1);
  const auto executor = scheduler.NewExecutor();
  const absl::Time start = executor->Now();
  std::string order;
  executor->PostAfter(absl::Seconds(2), [&] { order += "b"; });
  executor->PostAfter(absl::Seconds(2), [&] { order += "c"; });
  executor->PostAfter(absl::Seconds(1), [&] { order += "a"; });
  const auto never =
      executor->PostAfter(absl::Seconds(1), [&] { order += "!"; });
  EXPECT_TRUE(executor->Cancel(never));
  EXPECT_FALSE(executor->Cancel(never));
  scheduler.RunFor(absl::Milliseconds(1999));
  EXPECT_EQ(order, "a");
  scheduler.RunFor(absl::Seconds(8));
  EXPECT_EQ(order, "abc");
  EXPECT_GE(executor->Now() - start, absl::Milliseconds(9999));
}

TEST(SeededSchedulerTest, ABlockedExecutorHoldsNobodyElseUp) {
  SeededScheduler scheduler(1);
  const auto disk = scheduler.NewExecutor();
  const auto io = scheduler.NewExecutor();
  std::string order;
  disk->Post([&] {
    disk->Block(absl::Seconds(5));
    disk->Post([&] { order += "d"; });
    io->PostAfter(absl::Seconds(4), [&] { order += "i"; });
  });
  EXPECT_TRUE(
      scheduler.RunUntil([&] { return order.size() == 2; }, absl::Seconds(6)));
  EXPECT_EQ(order, "id");
}

TEST(SeededSchedulerTest, BeginsAtTheTimeItIsGiven) {
  SeededScheduler scheduler(1, absl::FromUnixSeconds(42));
  EXPECT_EQ(scheduler.Now(), absl::FromUnixSeconds(42));
  EXPECT_EQ(scheduler.NewExecutor()->Now(), absl::FromUnixSeconds(42));
}

TEST(SeededSchedulerTest, AWallClockJumpsForItsExecutorOnly) {
  SeededScheduler scheduler(1);
  const auto one = scheduler.NewExecutor();
  const auto other = scheduler.NewExecutor();
  one->JumpWallClock(-absl::Hours(3));
  EXPECT_EQ(other->Now() - one->Now(), absl::Hours(3));
  EXPECT_EQ(one->MonotonicNow(), other->MonotonicNow());
}

}  // namespace
}  // namespace sluice
