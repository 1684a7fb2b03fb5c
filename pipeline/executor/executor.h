// Where components run: tasks one after the other, at once or later, in real or
// virtual time.
#ifndef PIPELINE_EXECUTOR_EXECUTOR_H_
#define PIPELINE_EXECUTOR_EXECUTOR_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace sluice {

// Runs tasks serially: two tasks of one executor never run at the same time, so
// state touched only from one executor needs no lock. Tasks posted by one
// thread run in the order they were posted; timers run in order of their due
// time.
//
// Sources, sinks and stages live each on one executor and never block it: what
// may block (a disk sync, a slow library) belongs on another. ThreadExecutor
// and HttpLoop drive tasks with a thread; ManualExecutor drives them with a
// virtual clock in tests and simulations.
//
// Thread-safety: all methods may be called from any thread, from inside tasks
// too.
class Executor {
 public:
  using Task = absl::AnyInvocable<void()>;
  // Names a timer for Cancel(). 0 is never given out.
  using TimerId = uint64_t;

  virtual ~Executor() = default;

  // Runs `task` soon, never inside this call.
  virtual void Post(Task task) = 0;

  // Runs `task` once `delay` has passed on the monotonic clock (zero or less:
  // soon). Jumps of the wall clock do not matter.
  virtual TimerId PostAfter(absl::Duration delay, Task task) = 0;

  // Takes a timer back. True: the task will not run. False: it ran, is running,
  // or `id` is unknown; harmless.
  virtual bool Cancel(TimerId id) = 0;

  // The wall clock, for timestamps. May jump.
  virtual absl::Time Now() const = 0;

  // Time since some fixed moment; never goes back. For durations and deadlines.
  virtual absl::Duration MonotonicNow() const = 0;
};

}  // namespace sluice

#endif  // PIPELINE_EXECUTOR_EXECUTOR_H_
