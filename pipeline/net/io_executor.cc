#include "pipeline/net/io_executor.h"

#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"

namespace sluice {

IoExecutor::IoExecutor(boost::asio::io_context* io) : io_(io), timer_(*io) {
  queue_.PrepareSleep();  // So that the first task says to wake.
}

void IoExecutor::Post(Task task) {
  if (queue_.Post(std::move(task))) Wake();
}

Executor::TimerId IoExecutor::PostAfter(absl::Duration delay, Task task) {
  bool wake = false;
  const TimerId id = queue_.PostAfter(delay, std::move(task), &wake);
  if (wake) Wake();
  return id;
}

bool IoExecutor::Cancel(TimerId id) { return queue_.Cancel(id); }

absl::Time IoExecutor::Now() const { return absl::Now(); }

absl::Duration IoExecutor::MonotonicNow() const {
  return absl::Nanoseconds(TaskQueue::MonotonicNanos());
}

void IoExecutor::Dispatch(Task task) {
  if (InThread()) {
    std::move(task)();
  } else {
    Post(std::move(task));
  }
}

bool IoExecutor::InThread() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void IoExecutor::BindToThisThread() {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

void IoExecutor::Close() {
  static_cast<void>(queue_.Close());  // This thread is awake.
  queue_.Clear();
  timer_.cancel();
}

void IoExecutor::Wake() {
  boost::asio::post(*io_, [this] { Run(); });
}

void IoExecutor::Run() {
  if (queue_.closed()) return;
  queue_.RunReady();
  if (queue_.closed()) return;
  const int64_t due = queue_.PrepareSleep();
  if (due == TaskQueue::kNow) {
    Wake();
  } else {
    ArmTimer(due);
  }
}

void IoExecutor::ArmTimer(int64_t due) {
  if (due == armed_for_) return;
  armed_for_ = due;
  if (due == TaskQueue::kNever) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(
      std::chrono::steady_clock::time_point(std::chrono::nanoseconds(due)));
  timer_.async_wait([this, due](const boost::system::error_code& error) {
    if (error || armed_for_ != due) return;
    armed_for_ = TaskQueue::kNever;
    Run();
  });
}

}  // namespace sluice
