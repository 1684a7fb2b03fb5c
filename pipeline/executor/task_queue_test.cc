#include "pipeline/executor/task_queue.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(TaskQueueTest, SaysOncePerSleepThatTheDriverHasToBeWoken) {
  TaskQueue queue;
  EXPECT_FALSE(queue.Post([] {}));  // Awake from the start.
  EXPECT_EQ(queue.PrepareSleep(), TaskQueue::kNow);
  queue.RunReady();
  EXPECT_EQ(queue.PrepareSleep(), TaskQueue::kNever);
  EXPECT_TRUE(queue.Post([] {}));
  EXPECT_FALSE(queue.Post([] {}));
}

TEST(TaskQueueTest, ADriverThatWokeByItselfNeedsNoWaking) {
  TaskQueue queue;
  queue.PrepareSleep();
  queue.RunReady();
  EXPECT_FALSE(queue.Post([] {}));
}

TEST(TaskQueueTest, WakesForATimerOnlyIfItIsTheFirst) {
  TaskQueue queue;
  bool wake = false;
  queue.PrepareSleep();
  queue.PostAfter(
      absl::Hours(2), [] {}, &wake);
  EXPECT_TRUE(wake);
  queue.RunReady();
  EXPECT_GT(queue.PrepareSleep(), TaskQueue::MonotonicNanos());
  queue.PostAfter(
      absl::Hours(3), [] {}, &wake);
  EXPECT_FALSE(wake);
  queue.PostAfter(
      absl::Hours(1), [] {}, &wake);
  EXPECT_TRUE(wake);
}

TEST(TaskQueueTest, WhatTasksAddWaitsForTheNextRun) {
  TaskQueue queue;
  std::vector<int> ran;
  static_cast<void>(queue.Post([&] {
    ran.push_back(1);
    static_cast<void>(queue.Post([&] { ran.push_back(2); }));
  }));
  queue.RunReady();
  EXPECT_EQ(ran, (std::vector<int>{1}));
  EXPECT_EQ(queue.PrepareSleep(), TaskQueue::kNow);
  queue.RunReady();
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
}

TEST(TaskQueueTest, ARunEndsAfterTheTaskThatClosesTheQueue) {
  TaskQueue queue;
  int ran = 0;
  auto token = std::make_shared<int>(0);
  std::weak_ptr<int> weak = token;
  static_cast<void>(queue.Post([&] {
    ++ran;
    static_cast<void>(queue.Close());
  }));
  static_cast<void>(queue.Post([&, token = std::move(token)] { ++ran; }));
  queue.RunReady();
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(weak.expired());
  queue.Clear();
  EXPECT_TRUE(weak.expired());
  EXPECT_EQ(queue.PrepareSleep(), TaskQueue::kNow);
}

TEST(TaskQueueTest, CloseSaysWhetherToWake) {
  TaskQueue queue;
  queue.PrepareSleep();
  EXPECT_TRUE(queue.Close());
  EXPECT_FALSE(queue.Close());
}

}  // namespace
}  // namespace sluice
