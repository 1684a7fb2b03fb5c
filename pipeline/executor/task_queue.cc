#include "pipeline/executor/task_queue.h"

#include <algorithm>
#include <chrono>

namespace sluice {

int64_t TaskQueue::MonotonicNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool TaskQueue::Post(Task task) {
  absl::MutexLock lock(&mu_);
  if (closed()) return false;
  posted_.push_back(std::move(task));
  return std::exchange(asleep_, false);
}

TaskQueue::TimerId TaskQueue::PostAfter(absl::Duration delay, Task task,
                                        bool* wake) {
  *wake = false;
  const int64_t now = MonotonicNanos();
  const int64_t wait = std::max<int64_t>(0, absl::ToInt64Nanoseconds(delay));
  const int64_t due = wait < kNever - now ? now + wait : kNever;
  absl::MutexLock lock(&mu_);
  const TimerId id = next_id_++;
  if (closed()) return id;
  const bool first = timers_.empty() || due < timers_.begin()->first.first;
  timers_.emplace(std::make_pair(due, id), std::move(task));
  due_.emplace(id, due);
  if (first) *wake = std::exchange(asleep_, false);
  return id;
}

bool TaskQueue::Cancel(TimerId id) {
  Task dropped;  // Dies without the lock: it may own things that call back.
  absl::MutexLock lock(&mu_);
  const auto due = due_.find(id);
  if (due == due_.end()) return false;
  const auto timer = timers_.find(std::make_pair(due->second, id));
  dropped = std::move(timer->second);
  timers_.erase(timer);
  due_.erase(due);
  return true;
}

void TaskQueue::RunReady() {
  {
    absl::MutexLock lock(&mu_);
    running_.swap(posted_);
    asleep_ = false;
  }
  for (Task& task : running_) {
    if (closed()) return;
    std::move(task)();
    task = nullptr;  // What it holds dies before the next one runs.
  }
  running_.clear();
  RunDueTimers();
}

void TaskQueue::RunDueTimers() {
  int64_t now = kNow;
  while (!closed()) {
    Task task;
    {
      absl::MutexLock lock(&mu_);
      if (timers_.empty()) return;
      const auto first = timers_.begin();
      if (now == kNow) now = MonotonicNanos();
      if (first->first.first > now) return;
      due_.erase(first->first.second);
      task = std::move(first->second);
      timers_.erase(first);
    }
    std::move(task)();
  }
}

int64_t TaskQueue::PrepareSleep() {
  absl::MutexLock lock(&mu_);
  if (closed() || !posted_.empty()) return kNow;
  const int64_t due = timers_.empty() ? kNever : timers_.begin()->first.first;
  if (due != kNever && due <= MonotonicNanos()) return kNow;
  asleep_ = true;
  return due;
}

bool TaskQueue::Close() {
  absl::MutexLock lock(&mu_);
  closed_.store(true, std::memory_order_release);
  return std::exchange(asleep_, false);
}

void TaskQueue::Clear() {
  std::vector<Task> posted;
  absl::btree_map<std::pair<int64_t, TimerId>, Task> timers;
  {
    absl::MutexLock lock(&mu_);
    posted.swap(posted_);
    timers.swap(timers_);
    due_.clear();
  }
  // Destroyed without the lock, in order: what was to run first dies first.
  for (Task& task : running_) task = nullptr;
  running_.clear();
  for (Task& task : posted) task = nullptr;
}

}  // namespace sluice
