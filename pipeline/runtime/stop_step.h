// A step of an orderly stop.
#ifndef PIPELINE_RUNTIME_STOP_STEP_H_
#define PIPELINE_RUNTIME_STOP_STEP_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// Waits on one executor for a number of things to end, but not longer than a
// limit; then goes on, once.
//
// Thread-safety: used on its executor only.
class StopStep : public std::enable_shared_from_this<StopStep> {
 public:
  StopStep(Executor* executor, size_t things, absl::AnyInvocable<void()> next)
      : executor_(executor), waiting_(things), next_(std::move(next)) {}

  // Goes on after `limit` at the latest.
  void Limit(absl::Duration limit) {
    if (!next_) return;
    timer_ = executor_->PostAfter(limit,
                                  [self = shared_from_this()] { self->End(); });
  }

  // One of the things has ended.
  void Done() {
    if (--waiting_ == 0) End();
  }

 private:
  void End() {
    if (!next_) return;
    executor_->Cancel(timer_);
    std::exchange(next_, nullptr)();
  }

  Executor* const executor_;
  size_t waiting_;
  absl::AnyInvocable<void()> next_;
  Executor::TimerId timer_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_STOP_STEP_H_
