// The way from other threads to a component's executor, closed with it.
#ifndef PIPELINE_PLUGIN_PROCESS_EXECUTOR_DOOR_H_
#define PIPELINE_PLUGIN_PROCESS_EXECUTOR_DOOR_H_

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "pipeline/executor/executor.h"

namespace sluice::plugin_process {

// Threads of a child and of gRPC may have something to say when the component,
// and with it its executor, is gone.
//
// Thread-safety: all methods from any thread.
class ExecutorDoor {
 public:
  explicit ExecutorDoor(Executor* executor) : executor_(executor) {}

  // Posts `task`, or destroys it if the door is closed.
  void Post(Executor::Task task) {
    absl::MutexLock lock(&mu_);
    if (executor_ != nullptr) executor_->Post(std::move(task));
  }

  // The executor is not touched after this.
  void Close() {
    absl::MutexLock lock(&mu_);
    executor_ = nullptr;
  }

 private:
  absl::Mutex mu_;
  Executor* executor_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_EXECUTOR_DOOR_H_
