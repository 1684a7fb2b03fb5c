#include "tests/testing/seeded_scheduler.h"

#include <algorithm>

namespace sluice {
namespace {

constexpr uint64_t kFnvPrime = 1099511628211u;
// The longest that one task takes.
constexpr int kLongestTaskNanos = 40'000;

}  // namespace

SeededScheduler::SeededScheduler(uint64_t seed, absl::Time start)
    : random_(seed), start_(start - monotonic_) {}

SeededScheduler::~SeededScheduler() = default;

std::unique_ptr<SeededScheduler::SimExecutor> SeededScheduler::NewExecutor() {
  auto executor =
      std::unique_ptr<SimExecutor>(new SimExecutor(this, next_executor_++));
  executors_.push_back(executor.get());
  return executor;
}

bool SeededScheduler::Chance(double probability) {
  // 53 bits make a double in [0, 1).
  return static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

absl::Duration SeededScheduler::Between(absl::Duration low,
                                        absl::Duration high) {
  const int64_t span = absl::ToInt64Nanoseconds(high - low);
  if (span <= 0) return low;
  return low + absl::Nanoseconds(Below(static_cast<uint64_t>(span)));
}

void SeededScheduler::Note(uint64_t value) {
  for (int i = 0; i < 8; ++i) {
    hash_ = (hash_ ^ (value & 0xff)) * kFnvPrime;
    value >>= 8;
  }
}

void SeededScheduler::AddChoices(SimExecutor* executor) {
  if (executor->blocked_until_ > monotonic_) return;
  for (const auto& [poster, tasks] : executor->ready_) {
    if (!tasks.empty()) choices_.push_back({executor, poster});
  }
  if (!executor->timers_.empty() &&
      executor->timers_.begin()->first.first <= monotonic_) {
    choices_.push_back({executor, kTimer});
  }
}

void SeededScheduler::Run(const Choice& choice) {
  Executor::Task task;
  if (choice.poster == kTimer) {
    task = choice.executor->TakeTimer();
  } else {
    std::deque<Executor::Task>& tasks = choice.executor->ready_[choice.poster];
    task = std::move(tasks.front());
    tasks.pop_front();
  }
  ++steps_;
  Note(static_cast<uint64_t>(choice.executor->id_) << 32 |
       static_cast<uint32_t>(choice.poster));
  Note(static_cast<uint64_t>(absl::ToInt64Nanoseconds(monotonic_)));
  running_ = choice.executor->id_;
  std::move(task)();
  task = nullptr;  // What it owns dies in its turn.
  running_ = kOutside;
}

bool SeededScheduler::SkipTo(absl::Duration end) {
  absl::Duration next = absl::InfiniteDuration();
  for (SimExecutor* executor : executors_) {
    absl::Duration due = absl::InfiniteDuration();
    for (const auto& [poster, tasks] : executor->ready_) {
      if (!tasks.empty()) due = monotonic_;
    }
    if (!executor->timers_.empty()) {
      due = std::min(due, executor->timers_.begin()->first.first);
    }
    next = std::min(next, std::max(due, executor->blocked_until_));
  }
  if (next > end) return false;
  monotonic_ = std::max(monotonic_, next);
  return true;
}

bool SeededScheduler::RunUntil(absl::FunctionRef<bool()> done,
                               absl::Duration limit) {
  const absl::Duration end = monotonic_ + limit;
  while (!done()) {
    choices_.clear();
    for (SimExecutor* executor : executors_) AddChoices(executor);
    if (!choices_.empty()) {
      const Choice choice = choices_[Below(choices_.size())];
      Run(choice);
      monotonic_ += absl::Nanoseconds(Below(kLongestTaskNanos));
      if (monotonic_ > end) return done();
    } else if (!SkipTo(end)) {
      monotonic_ = end;
      return done();
    }
  }
  return true;
}

void SeededScheduler::RunFor(absl::Duration duration) {
  RunUntil([] { return false; }, duration);
}

SeededScheduler::SimExecutor::~SimExecutor() {
  // What waits may own things that post or cancel as they die.
  while (!ready_.empty() || !timers_.empty()) {
    const auto ready = std::exchange(ready_, {});
    const auto timers = std::exchange(timers_, {});
    due_.clear();
  }
  std::erase(scheduler_->executors_, this);
}

void SeededScheduler::SimExecutor::Post(Task task) {
  ready_[scheduler_->running_].push_back(std::move(task));
}

Executor::TimerId SeededScheduler::SimExecutor::PostAfter(absl::Duration delay,
                                                          Task task) {
  const TimerId id = next_id_++;
  const absl::Duration due =
      scheduler_->monotonic_ + std::max(delay, absl::ZeroDuration());
  timers_.emplace(std::make_pair(due, id), std::move(task));
  due_.emplace(id, due);
  return id;
}

bool SeededScheduler::SimExecutor::Cancel(TimerId id) {
  const auto due = due_.find(id);
  if (due == due_.end()) return false;
  const auto timer = timers_.find({due->second, id});
  const Task dropped = std::move(timer->second);
  timers_.erase(timer);
  due_.erase(due);
  return true;
}

Executor::Task SeededScheduler::SimExecutor::TakeTimer() {
  const auto first = timers_.begin();
  Task task = std::move(first->second);
  due_.erase(first->first.second);
  timers_.erase(first);
  return task;
}

absl::Time SeededScheduler::SimExecutor::Now() const {
  return scheduler_->Now() + wall_offset_;
}

absl::Duration SeededScheduler::SimExecutor::MonotonicNow() const {
  return scheduler_->monotonic_;
}

void SeededScheduler::SimExecutor::Block(absl::Duration duration) {
  blocked_until_ = std::max(blocked_until_, scheduler_->monotonic_ + duration);
}

}  // namespace sluice
