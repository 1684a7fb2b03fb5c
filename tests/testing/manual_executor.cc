#include "tests/testing/manual_executor.h"

namespace sluice {

void ManualExecutor::Post(Task task) {
  absl::MutexLock lock(&mu_);
  ready_.push_back(std::move(task));
}

Executor::TimerId ManualExecutor::PostAfter(absl::Duration delay, Task task) {
  absl::MutexLock lock(&mu_);
  const TimerId id = next_id_++;
  if (delay < absl::ZeroDuration()) delay = absl::ZeroDuration();
  timers_.emplace(std::make_pair(monotonic_ + delay, id), std::move(task));
  return id;
}

bool ManualExecutor::Cancel(TimerId id) {
  Task
      dropped;  // Destroyed without the lock: it may own things that call back.
  absl::MutexLock lock(&mu_);
  for (auto it = timers_.begin(); it != timers_.end(); ++it) {
    if (it->first.second != id) continue;
    dropped = std::move(it->second);
    timers_.erase(it);
    return true;
  }
  return false;
}

absl::Time ManualExecutor::Now() const {
  absl::MutexLock lock(&mu_);
  return now_;
}

absl::Duration ManualExecutor::MonotonicNow() const {
  absl::MutexLock lock(&mu_);
  return monotonic_;
}

int ManualExecutor::RunReady() {
  int ran = 0;
  for (;;) {
    Task task;
    {
      absl::MutexLock lock(&mu_);
      if (ready_.empty()) return ran;
      task = std::move(ready_.front());
      ready_.pop_front();
    }
    std::move(task)();
    ++ran;
  }
}

Executor::Task ManualExecutor::TakeTimer(absl::Duration limit) {
  absl::MutexLock lock(&mu_);
  if (timers_.empty()) return nullptr;
  auto it = timers_.begin();
  const absl::Duration due = it->first.first;
  if (due > limit) return nullptr;
  if (due > monotonic_) {
    now_ += due - monotonic_;
    monotonic_ = due;
  }
  Task task = std::move(it->second);
  timers_.erase(it);
  return task;
}

void ManualExecutor::Advance(absl::Duration duration) {
  const absl::Duration end = MonotonicNow() + duration;
  RunReady();
  while (Task task = TakeTimer(end)) {
    std::move(task)();
    RunReady();
  }
  absl::MutexLock lock(&mu_);
  now_ += end - monotonic_;
  monotonic_ = end;
}

bool ManualExecutor::RunNextTimer() {
  RunReady();
  Task task = TakeTimer(absl::InfiniteDuration());
  if (!task) return false;
  std::move(task)();
  RunReady();
  return true;
}

bool ManualExecutor::RunUntil(absl::AnyInvocable<bool()> done,
                              absl::Duration limit) {
  const absl::Duration end = MonotonicNow() + limit;
  for (;;) {
    RunReady();
    if (done()) return true;
    Task task = TakeTimer(end);
    if (!task) return false;
    std::move(task)();
  }
}

void ManualExecutor::JumpWallClock(absl::Duration by) {
  absl::MutexLock lock(&mu_);
  now_ += by;
}

int ManualExecutor::pending_timers() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int>(timers_.size());
}

}  // namespace sluice
