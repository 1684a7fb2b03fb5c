// A timer that dies with its owner.
#ifndef PIPELINE_EXECUTOR_SCOPED_TIMER_H_
#define PIPELINE_EXECUTOR_SCOPED_TIMER_H_

#include <utility>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// One task to come on an executor. Destroying or restarting the timer takes the
// task back, so a task may use whatever lives as long as the timer. A task may
// restart or destroy its own timer. Used on the executor only.
class ScopedTimer {
 public:
  explicit ScopedTimer(Executor* executor) : executor_(executor) {}
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;
  ~ScopedTimer() { Cancel(); }

  void Start(absl::Duration delay, Executor::Task task) {
    Cancel();
    id_ = executor_->PostAfter(delay, [this, task = std::move(task)]() mutable {
      id_ = 0;
      std::move(task)();
    });
  }

  void Cancel() {
    if (id_ != 0) executor_->Cancel(id_);
    id_ = 0;
  }

  bool running() const { return id_ != 0; }

 private:
  Executor* executor_;
  Executor::TimerId id_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_EXECUTOR_SCOPED_TIMER_H_
