// Many signals, one run: how a stage is told that there is work without polling
// and without flooding its executor.
#ifndef PIPELINE_EXECUTOR_WAKEUP_H_
#define PIPELINE_EXECUTOR_WAKEUP_H_

#include <atomic>
#include <memory>

#include "pipeline/executor/executor.h"

namespace sluice {

// Runs one task on an executor soon after each Notify(). Calls of Notify() that
// come before the task has begun are served by the same run, so a busy producer
// costs one atomic exchange and no post.
//
// What a thread wrote before Notify() is visible to the run that serves it.
//
// Thread-safety: Notify() from any thread. Construct and destroy on the
// executor (or while it does not run); after destruction the task does not run
// any more.
class Wakeup {
 public:
  Wakeup(Executor* executor, Executor::Task task);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void Notify();

 private:
  struct State {
    std::atomic<bool> pending{false};
    // Touched on the executor only, as is `dropped`.
    Executor::Task task;
    // True once the Wakeup is gone.
    bool dropped = false;
  };

  Executor* const executor_;
  const std::shared_ptr<State> state_;
};

}  // namespace sluice

#endif  // PIPELINE_EXECUTOR_WAKEUP_H_
