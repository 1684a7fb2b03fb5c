#include "tests/contract/executor_contract.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace sluice {
namespace {

class Threaded final : public ExecutorUnderTest {
 public:
  explicit Threaded(std::unique_ptr<Executor> executor)
      : executor_(std::move(executor)) {}
  Executor& executor() override { return *executor_; }
  void RunUntil(absl::AnyInvocable<bool()> done) override {
    while (!done()) std::this_thread::yield();
  }

 private:
  std::unique_ptr<Executor> executor_;
};

}  // namespace

std::unique_ptr<ExecutorUnderTest> ThreadedExecutorUnderTest(
    std::unique_ptr<Executor> executor) {
  return std::make_unique<Threaded>(std::move(executor));
}

namespace {

constexpr absl::Duration kSoon = absl::Milliseconds(2);

TEST_P(ExecutorContract, RunsTasksOfOneThreadInOrder) {
  std::vector<int> order;
  std::atomic<bool> done = false;
  for (int i = 0; i < 1000; ++i) {
    executor().Post([&order, i] { order.push_back(i); });
  }
  executor().Post([&] { done = true; });
  RunUntil([&] { return done.load(); });
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

TEST_P(ExecutorContract, NeverRunsATaskInsidePost) {
  std::atomic<bool> done = false;
  bool inside = false;
  bool nested = false;
  executor().Post([&] {
    inside = true;
    executor().Post([&] {
      nested = inside;
      done = true;
    });
    inside = false;
  });
  RunUntil([&] { return done.load(); });
  EXPECT_FALSE(nested);
}

TEST_P(ExecutorContract, RunsTasksOfManyThreadsOneAtATime) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 500;
  int64_t unguarded = 0;  // A data race, if two tasks ever ran at once.
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kTasks; ++i) {
        executor().Post([&] {
          ++unguarded;
          ++ran;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  RunUntil([&] { return ran == kThreads * kTasks; });
  EXPECT_EQ(unguarded, kThreads * kTasks);
}

TEST_P(ExecutorContract, RunsTimersInOrderOfTheirDueTime) {
  // The thread may be held up between two calls, so a due time is known only
  // within bounds.
  struct Due {
    absl::Duration earliest;
    absl::Duration latest;
  };
  constexpr int kTimers = 50;
  std::vector<Due> ran;
  std::atomic<int> count = 0;
  executor().Post([&] {
    std::mt19937 random(20260101);
    for (int i = 0; i < kTimers; ++i) {
      const absl::Duration delay =
          absl::Milliseconds(10) + absl::Microseconds(random() % 10'000);
      auto due = std::make_shared<Due>();
      due->earliest = executor().MonotonicNow() + delay;
      executor().PostAfter(delay, [&, due] {
        ran.push_back(*due);
        ++count;
      });
      due->latest = executor().MonotonicNow() + delay;
    }
  });
  RunUntil([&] { return count == kTimers; });
  absl::Duration reached = -absl::InfiniteDuration();
  for (const Due& due : ran) {
    EXPECT_GE(due.latest, reached);
    reached = std::max(reached, due.earliest);
  }
}

TEST_P(ExecutorContract, ATimerWaitsForItsDelay) {
  std::atomic<bool> done = false;
  const absl::Duration start = executor().MonotonicNow();
  absl::Duration ran_at;
  executor().PostAfter(absl::Milliseconds(20), [&] {
    ran_at = executor().MonotonicNow();
    done = true;
  });
  RunUntil([&] { return done.load(); });
  EXPECT_GE(ran_at - start, absl::Milliseconds(20));
}

TEST_P(ExecutorContract, AnEarlierTimerOvertakesTheOneThatIsAwaited) {
  std::atomic<bool> done = false;
  const auto late = executor().PostAfter(absl::Hours(10), [] {});
  executor().PostAfter(kSoon, [&] { done = true; });
  RunUntil([&] { return done.load(); });
  EXPECT_TRUE(executor().Cancel(late));
}

TEST_P(ExecutorContract, ATimerWithoutDelayRunsSoonAndNotInside) {
  std::atomic<int> ran = 0;
  executor().PostAfter(absl::ZeroDuration(), [&] { ++ran; });
  executor().PostAfter(-absl::Seconds(1), [&] { ++ran; });
  RunUntil([&] { return ran == 2; });
}

TEST_P(ExecutorContract, ATimerForNeverCanBeCancelled) {
  std::atomic<bool> done = false;
  const auto never = executor().PostAfter(absl::InfiniteDuration(),
                                          [] { ADD_FAILURE() << "it ran"; });
  executor().PostAfter(kSoon, [&] { done = true; });
  RunUntil([&] { return done.load(); });
  EXPECT_TRUE(executor().Cancel(never));
}

TEST_P(ExecutorContract, ACancelledTimerDoesNotRun) {
  std::atomic<bool> done = false;
  const auto id =
      executor().PostAfter(kSoon, [] { ADD_FAILURE() << "it ran"; });
  EXPECT_NE(id, 0u);
  EXPECT_TRUE(executor().Cancel(id));
  EXPECT_FALSE(executor().Cancel(id));
  executor().PostAfter(2 * kSoon, [&] { done = true; });
  RunUntil([&] { return done.load(); });
}

TEST_P(ExecutorContract, CancellingAnUnknownTimerIsHarmless) {
  EXPECT_FALSE(executor().Cancel(0));
  EXPECT_FALSE(executor().Cancel(123456));
}

TEST_P(ExecutorContract, ATimerThatRanCannotBeCancelled) {
  std::atomic<bool> done = false;
  bool cancelled_itself = true;
  Executor::TimerId id = 0;
  executor().Post([&] {
    id = executor().PostAfter(kSoon, [&] {
      cancelled_itself = executor().Cancel(id);
      done = true;
    });
  });
  RunUntil([&] { return done.load(); });
  EXPECT_FALSE(cancelled_itself);
  EXPECT_FALSE(executor().Cancel(id));
}

TEST_P(ExecutorContract, ATimerMayCancelItsNeighbour) {
  std::atomic<bool> done = false;
  executor().Post([&] {
    auto neighbour = std::make_shared<Executor::TimerId>(0);
    executor().PostAfter(
        kSoon, [&, neighbour] { EXPECT_TRUE(executor().Cancel(*neighbour)); });
    *neighbour = executor().PostAfter(kSoon + absl::Milliseconds(1),
                                      [] { ADD_FAILURE() << "it ran"; });
    executor().PostAfter(4 * kSoon, [&] { done = true; });
  });
  RunUntil([&] { return done.load(); });
}

TEST_P(ExecutorContract, WhatATaskHoldsDiesBeforeTheNextOneRuns) {
  std::atomic<bool> done = false;
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> weak = held;
  bool alive = true;
  executor().Post([held = std::move(held)] {});
  executor().Post([&] {
    alive = !weak.expired();
    done = true;
  });
  RunUntil([&] { return done.load(); });
  EXPECT_FALSE(alive);
}

TEST_P(ExecutorContract, WakesForEachOfManySinglePosts) {
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> done = false;
    executor().Post([&] { done = true; });
    RunUntil([&] { return done.load(); });
  }
}

TEST_P(ExecutorContract, TheMonotonicClockNeverGoesBack) {
  absl::Duration last = executor().MonotonicNow();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration now = executor().MonotonicNow();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace sluice
