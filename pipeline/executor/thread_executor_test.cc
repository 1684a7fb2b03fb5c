#include "pipeline/executor/thread_executor.h"

#include <pthread.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/contract/executor_contract.h"

namespace sluice {
namespace {

INSTANTIATE_TEST_SUITE_P(ThreadExecutor, ExecutorContract,
                         ::testing::Values([] {
                           return ThreadedExecutorUnderTest(
                               std::make_unique<ThreadExecutor>("test"));
                         }));

// Runs a function when destroyed.
std::shared_ptr<void> AtDeath(absl::AnyInvocable<void()> f) {
  return {nullptr, [f = std::make_shared<absl::AnyInvocable<void()>>(
                        std::move(f))](void*) { (*f)(); }};
}

TEST(ThreadExecutorTest, ItsThreadCarriesItsName) {
  ThreadExecutor executor("a-name-that-is-too-long");
  std::string name(32, '\0');
  absl::Notification done;
  executor.Post([&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    EXPECT_TRUE(executor.InThread());
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_STREQ(name.c_str(), "a-name-that-is-");
  EXPECT_FALSE(executor.InThread());
}

TEST(ThreadExecutorTest, StopFinishesTheRunningTaskAndDestroysTheRest) {
  ThreadExecutor executor("test");
  absl::Notification running;
  absl::Notification stopping;
  bool finished = false;
  bool second_ran = false;
  std::thread::id task_thread;
  std::thread::id death_thread;
  bool timer_died = false;
  executor.Post([&] {
    running.Notify();
    stopping.WaitForNotification();
    task_thread = std::this_thread::get_id();
    finished = true;
  });
  executor.Post([&, guard = AtDeath([&] {
                      death_thread = std::this_thread::get_id();
                      executor.Post([] { ADD_FAILURE() << "it ran"; });
                    })] { second_ran = true; });
  executor.PostAfter(absl::Hours(1),
                     [guard = AtDeath([&] { timer_died = true; })] {});
  running.WaitForNotification();
  std::thread stopper([&] { executor.Stop(); });
  // Stop() has closed the queue once a new task dies in the call that posts it.
  for (bool closed = false; !closed;) {
    auto token = std::make_shared<int>(0);
    std::weak_ptr<int> weak = token;
    executor.Post([token = std::move(token)] {});
    closed = weak.expired();
  }
  stopping.Notify();
  stopper.join();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(second_ran);
  EXPECT_TRUE(timer_died);
  EXPECT_EQ(death_thread, task_thread);
  executor.Stop();
  executor.Post([] { ADD_FAILURE() << "it ran"; });
}

TEST(ThreadExecutorTest, MayBeDestroyedAsleepWithATimerPending) {
  for (int i = 0; i < 50; ++i) {
    ThreadExecutor executor("test");
    executor.PostAfter(absl::Hours(1), [] {});
  }
}

}  // namespace
}  // namespace sluice
