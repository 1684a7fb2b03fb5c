#include "tools/sandbox/sandbox_clock.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"
#include "glog/logging.h"

namespace sluice::sandbox {

SandboxClock::SandboxClock(const Executor* machine) : machine_(machine) {}

absl::Time SandboxClock::MachineNow() const {
  return machine_ == nullptr ? absl::Now() : machine_->Now();
}

absl::Duration SandboxClock::MachineMonotonic() const {
  return machine_ == nullptr
             ? absl::FromChrono(
                   std::chrono::steady_clock::now().time_since_epoch())
             : machine_->MonotonicNow();
}

absl::Time SandboxClock::Now() const {
  absl::ReaderMutexLock lock(&mu_);
  return (stopped_ ? absl::UnixEpoch() : MachineNow()) + wall_offset_;
}

absl::Duration SandboxClock::MonotonicNow() const {
  absl::ReaderMutexLock lock(&mu_);
  return (stopped_ ? absl::ZeroDuration() : MachineMonotonic()) +
         monotonic_offset_;
}

bool SandboxClock::stopped() const {
  absl::ReaderMutexLock lock(&mu_);
  return stopped_;
}

void SandboxClock::Advance(absl::Duration by) {
  CHECK_GE(by, absl::ZeroDuration());
  absl::MutexLock lock(&mu_);
  wall_offset_ += by;
  monotonic_offset_ += by;
  Tell();
}

void SandboxClock::Set(absl::Time time) {
  const absl::Duration by = time - Now();
  if (by >= absl::ZeroDuration()) return Advance(by);
  absl::MutexLock lock(&mu_);
  wall_offset_ += by;
}

void SandboxClock::Stop() {
  absl::MutexLock lock(&mu_);
  if (stopped_) return;
  wall_offset_ += MachineNow() - absl::UnixEpoch();
  monotonic_offset_ += MachineMonotonic();
  stopped_ = true;
  Tell();
}

void SandboxClock::Run() {
  absl::MutexLock lock(&mu_);
  if (!stopped_) return;
  wall_offset_ -= MachineNow() - absl::UnixEpoch();
  monotonic_offset_ -= MachineMonotonic();
  stopped_ = false;
  Tell();
}

void SandboxClock::Add(ClockedExecutor* executor) {
  absl::MutexLock lock(&mu_);
  executors_.push_back(executor);
}

void SandboxClock::Remove(ClockedExecutor* executor) {
  absl::MutexLock lock(&mu_);
  executors_.erase(std::remove(executors_.begin(), executors_.end(), executor),
                   executors_.end());
}

void SandboxClock::Tell() {
  for (ClockedExecutor* executor : executors_) executor->ClockChanged();
}

ClockedExecutor::ClockedExecutor(Executor* inner, SandboxClock* clock)
    : inner_(inner), clock_(clock) {
  clock_->Add(this);
}

ClockedExecutor::~ClockedExecutor() { clock_->Remove(this); }

void ClockedExecutor::Post(Task task) { inner_->Post(std::move(task)); }

Executor::TimerId ClockedExecutor::PostAfter(absl::Duration delay, Task task) {
  const absl::Duration due =
      clock_->MonotonicNow() + std::max(delay, absl::ZeroDuration());
  absl::MutexLock lock(&mu_);
  const TimerId id = next_id_++;
  timers_.emplace(std::pair(due, id), std::move(task));
  due_.emplace(id, due);
  if (timers_.begin()->first.second == id) Arm();
  return id;
}

bool ClockedExecutor::Cancel(TimerId id) {
  Task task;  // destroyed after the lock is gone
  absl::MutexLock lock(&mu_);
  const auto due = due_.find(id);
  if (due == due_.end()) return false;
  const auto timer = timers_.find({due->second, id});
  task = std::move(timer->second);
  timers_.erase(timer);
  due_.erase(due);
  return true;
}

absl::Time ClockedExecutor::Now() const { return clock_->Now(); }

absl::Duration ClockedExecutor::MonotonicNow() const {
  return clock_->MonotonicNow();
}

void ClockedExecutor::ClockChanged() {
  // The clock is locked here.
  inner_->Post([this] { RunDue(); });
}

void ClockedExecutor::RunDue() {
  // What these tasks post waits for the next round.
  const absl::Duration now = clock_->MonotonicNow();
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mu_);
      const auto first = timers_.begin();
      if (first == timers_.end() || first->first.first > now) break;
      task = std::move(first->second);
      due_.erase(first->first.second);
      timers_.erase(first);
    }
    task();
  }
  absl::MutexLock lock(&mu_);
  Arm();
}

void ClockedExecutor::Arm() {
  if (armed_ != 0) inner_->Cancel(armed_);
  armed_ = 0;
  if (timers_.empty()) return;
  const absl::Duration wait =
      timers_.begin()->first.first - clock_->MonotonicNow();
  if (wait > absl::ZeroDuration() && clock_->stopped()) return;
  armed_ = inner_->PostAfter(wait, [this] { RunDue(); });
}

}  // namespace sluice::sandbox
