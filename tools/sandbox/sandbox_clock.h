// The time that the emulated services see, which tests can move.
#ifndef TOOLS_SANDBOX_SANDBOX_CLOCK_H_
#define TOOLS_SANDBOX_SANDBOX_CLOCK_H_

#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice::sandbox {

class ClockedExecutor;

// Runs with the machine's clock until it is moved or stopped. A move forward is
// like a night's sleep of the machine: everything that was due meanwhile
// happens at once, once. A move back changes the wall clock only, and timers do
// not notice.
//
// Thread-safe.
class SandboxClock {
 public:
  // `machine` tells the time that this one starts from and outlives it; null:
  // the machine's own clocks.
  explicit SandboxClock(const Executor* machine = nullptr);
  SandboxClock(const SandboxClock&) = delete;
  SandboxClock& operator=(const SandboxClock&) = delete;

  absl::Time Now() const;
  absl::Duration MonotonicNow() const;
  bool stopped() const;

  // REQUIRES: `by` is not negative.
  void Advance(absl::Duration by);
  void Set(absl::Time time);
  // Stands still until Run(); it can be moved meanwhile.
  void Stop();
  void Run();

 private:
  friend class ClockedExecutor;
  void Add(ClockedExecutor* executor);
  void Remove(ClockedExecutor* executor);

  absl::Time MachineNow() const;
  absl::Duration MachineMonotonic() const;
  void Tell() ABSL_SHARED_LOCKS_REQUIRED(mu_);

  const Executor* const machine_;
  mutable absl::Mutex mu_;
  // From the machine's clocks; while it is stopped, from zero.
  absl::Duration wall_offset_ ABSL_GUARDED_BY(mu_);
  absl::Duration monotonic_offset_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<ClockedExecutor*> executors_ ABSL_GUARDED_BY(mu_);
};

// Another executor, with the time of a SandboxClock.
//
// Life: `inner` and `clock` outlive it, but for what runs on `inner`: the
// thread that drives it must have ended before this is destroyed. Tasks that
// wait then are destroyed unrun.
class ClockedExecutor final : public Executor {
 public:
  ClockedExecutor(Executor* inner, SandboxClock* clock);
  ~ClockedExecutor() override;
  ClockedExecutor(const ClockedExecutor&) = delete;
  ClockedExecutor& operator=(const ClockedExecutor&) = delete;

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override;
  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;

 private:
  friend class SandboxClock;
  // The clock was moved, stopped or started. From any thread.
  void ClockChanged();
  // Runs what is due and waits for the next.
  void RunDue();
  // Makes the inner executor call RunDue() when the first timer is due, in
  // place of any earlier call.
  void Arm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Executor* const inner_;
  SandboxClock* const clock_;
  mutable absl::Mutex mu_;
  // By due time, then by order of posting.
  std::map<std::pair<absl::Duration, TimerId>, Task> timers_
      ABSL_GUARDED_BY(mu_);
  std::map<TimerId, absl::Duration> due_ ABSL_GUARDED_BY(mu_);
  TimerId next_id_ ABSL_GUARDED_BY(mu_) = 1;
  TimerId armed_ ABSL_GUARDED_BY(mu_) = 0;  // of the inner executor; 0: none
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_SANDBOX_CLOCK_H_
