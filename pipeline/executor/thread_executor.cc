#include "pipeline/executor/thread_executor.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "glog/logging.h"

namespace sluice {

ThreadExecutor::ThreadExecutor(std::string_view name) {
  // The kernel takes names of up to 15 bytes.
  thread_ = std::thread(
      [this, name = std::string(name.substr(0, 15))] { Run(name); });
}

ThreadExecutor::~ThreadExecutor() { Stop(); }

void ThreadExecutor::Post(Task task) {
  if (queue_.Post(std::move(task))) Wake();
}

Executor::TimerId ThreadExecutor::PostAfter(absl::Duration delay, Task task) {
  bool wake = false;
  const TimerId id = queue_.PostAfter(delay, std::move(task), &wake);
  if (wake) Wake();
  return id;
}

bool ThreadExecutor::Cancel(TimerId id) { return queue_.Cancel(id); }

absl::Time ThreadExecutor::Now() const { return absl::Now(); }

absl::Duration ThreadExecutor::MonotonicNow() const {
  return absl::Nanoseconds(TaskQueue::MonotonicNanos());
}

void ThreadExecutor::Stop() {
  if (!thread_.joinable()) return;
  CHECK(!InThread()) << "an executor cannot be stopped by its own task";
  if (queue_.Close()) Wake();
  thread_.join();
}

void ThreadExecutor::Run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  while (!queue_.closed()) {
    queue_.RunReady();
    if (const int64_t due = queue_.PrepareSleep(); due != TaskQueue::kNow) {
      Sleep(due);
    }
  }
  queue_.Clear();
}

void ThreadExecutor::Sleep(int64_t due) {
  std::unique_lock<std::mutex> lock(mu_);
  if (due == TaskQueue::kNever) {
    wake_.wait(lock, [this] { return woken_; });
  } else {
    const std::chrono::steady_clock::time_point until{
        std::chrono::nanoseconds(due)};
    wake_.wait_until(lock, until, [this] { return woken_; });
  }
  woken_ = false;
}

void ThreadExecutor::Wake() {
  // Notified with the lock held: once the thread has seen `woken_` it may end,
  // and this object with it.
  std::lock_guard<std::mutex> lock(mu_);
  woken_ = true;
  wake_.notify_one();
}

}  // namespace sluice
