// Virtual time for tests: tasks run when the test says so, timers when it moves
// the clock.
#ifndef TESTS_TESTING_MANUAL_EXECUTOR_H_
#define TESTS_TESTING_MANUAL_EXECUTOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// An Executor without a thread. Posting is safe from any thread; running
// belongs to the test's thread.
class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(
      absl::Time start = absl::FromUnixSeconds(1'700'000'000))
      : now_(start) {}

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override;
  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;

  // Runs posted tasks, and those they post, until none is left; the clock
  // stands still. Returns how many ran.
  int RunReady();
  // Moves both clocks on by `duration`, stopping at each timer on the way to
  // run it and what it posts.
  void Advance(absl::Duration duration);
  // Moves the clock to the next timer and runs it. False: there is none.
  bool RunNextTimer();
  // Runs tasks and timers until `done()` or until `limit` of virtual time has
  // passed. Returns done().
  bool RunUntil(absl::AnyInvocable<bool()> done,
                absl::Duration limit = absl::Hours(1));
  // Lets the wall clock jump; timers do not notice.
  void JumpWallClock(absl::Duration by);
  int pending_timers() const;

 private:
  // The earliest timer due at or before `limit`, taken out and with the clock
  // moved to it; null when there is none.
  Task TakeTimer(absl::Duration limit);

  mutable absl::Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_);
  absl::Duration monotonic_ ABSL_GUARDED_BY(mu_) = absl::Hours(1);
  std::deque<Task> ready_ ABSL_GUARDED_BY(mu_);
  // By due time, then by order of posting.
  std::map<std::pair<absl::Duration, TimerId>, Task> timers_
      ABSL_GUARDED_BY(mu_);
  TimerId next_id_ ABSL_GUARDED_BY(mu_) = 1;
};

}  // namespace sluice

#endif  // TESTS_TESTING_MANUAL_EXECUTOR_H_
