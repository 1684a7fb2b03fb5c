// Several executors, one virtual clock, one seed: every interleaving that the
// contract of Executor allows, repeatable.
#ifndef TESTS_TESTING_SEEDED_SCHEDULER_H_
#define TESTS_TESTING_SEEDED_SCHEDULER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// Runs the tasks of its executors one at a time. Which executor is next, and
// within one whose task is next, is drawn from the seed wherever the contract
// promises no order: tasks posted from different executors overtake each other
// freely, tasks posted from the same one do not; timers keep the order in which
// they are due. Each task takes a little virtual time, and when nothing is
// ready the clock moves on to whatever comes next.
//
// The same seed and the same tasks give the same run; trace_hash() tells.
//
// Thread-safety: none, all of it belongs to one thread.
class SeededScheduler {
 public:
  class SimExecutor;

  explicit SeededScheduler(
      uint64_t seed, absl::Time start = absl::FromUnixSeconds(1'700'000'000));
  ~SeededScheduler();
  SeededScheduler(const SeededScheduler&) = delete;
  SeededScheduler& operator=(const SeededScheduler&) = delete;

  // Adds a "thread". It is destroyed before the scheduler, not by one of its
  // own tasks.
  std::unique_ptr<SimExecutor> NewExecutor();

  // Runs until `done()`, looked at after each task, or until `limit` of virtual
  // time has passed. Returns done().
  bool RunUntil(absl::FunctionRef<bool()> done, absl::Duration limit);
  void RunFor(absl::Duration duration);
  // True time: no executor's wall clock.
  absl::Time Now() const { return start_ + monotonic_; }
  absl::Duration MonotonicNow() const { return monotonic_; }

  // Randomness for everything else that belongs to the run.
  std::mt19937_64& random() { return random_; }
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(double probability);
  absl::Duration Between(absl::Duration low, absl::Duration high);

  // Makes `value` part of the trace, for what tasks alone do not show.
  void Note(uint64_t value);
  uint64_t trace_hash() const { return hash_; }
  uint64_t steps() const { return steps_; }

 private:
  friend class SimExecutor;

  // One thing that may run next.
  struct Choice {
    SimExecutor* executor;
    int poster;  // kTimer: the earliest timer.
  };
  static constexpr int kTimer = -2;
  // Posted from outside of any task.
  static constexpr int kOutside = -1;

  void AddChoices(SimExecutor* executor);
  void Run(const Choice& choice);
  // Moves the clock to the next moment at which something can run, but not
  // beyond `end`. False: nothing comes by then.
  bool SkipTo(absl::Duration end);

  std::mt19937_64 random_;
  absl::Duration monotonic_ = absl::Hours(1);
  // The time when the monotonic clock showed zero.
  const absl::Time start_;
  std::vector<SimExecutor*> executors_;
  std::vector<Choice> choices_;
  int next_executor_ = 0;
  int running_ = kOutside;
  uint64_t hash_ = 14695981039346656037u;
  uint64_t steps_ = 0;
};

// One thread of the run.
class SeededScheduler::SimExecutor final : public Executor {
 public:
  ~SimExecutor() override;

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override;
  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;

  // Runs nothing for so long, as a thread that waits for a disk.
  void Block(absl::Duration duration);
  // Lets this executor's wall clock jump; timers do not notice.
  void JumpWallClock(absl::Duration by) { wall_offset_ += by; }

 private:
  friend class SeededScheduler;
  SimExecutor(SeededScheduler* scheduler, int id)
      : scheduler_(scheduler), id_(id) {}

  Task TakeTimer();

  SeededScheduler* const scheduler_;
  const int id_;
  absl::Duration wall_offset_;
  absl::Duration blocked_until_ = -absl::InfiniteDuration();
  // By the executor that posted them.
  std::map<int, std::deque<Task>> ready_;
  // By due time, then by order of posting.
  std::map<std::pair<absl::Duration, TimerId>, Task> timers_;
  std::map<TimerId, absl::Duration> due_;
  TimerId next_id_ = 1;
};

}  // namespace sluice

#endif  // TESTS_TESTING_SEEDED_SCHEDULER_H_
