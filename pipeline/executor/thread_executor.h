// An executor with a thread of its own.
#ifndef PIPELINE_EXECUTOR_THREAD_EXECUTOR_H_
#define PIPELINE_EXECUTOR_THREAD_EXECUTOR_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/task_queue.h"

namespace sluice {

// Runs tasks on one thread, which sleeps while there is nothing to do. For work
// that may block: a disk sync, a slow library. What talks HTTP lives on an
// HttpLoop.
//
// Posting costs a short lock, and a system call only when the thread sleeps.
class ThreadExecutor final : public Executor {
 public:
  // Starts the thread. `name` is what debuggers and `top -H` show; its first 15
  // bytes count.
  explicit ThreadExecutor(std::string_view name);
  // Stop().
  ~ThreadExecutor() override;

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override;
  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;

  // Ends the thread: the task that runs is finished, those that wait are
  // destroyed unrun, on the thread, and it is joined. Tasks posted afterwards,
  // or by the destructors of those, are destroyed in the call that posts them.
  // A second call does nothing.
  //
  // REQUIRES: not called from a task of this executor.
  void Stop();

  // True on the executor's thread.
  bool InThread() const {
    return std::this_thread::get_id() == thread_.get_id();
  }

 private:
  void Run(const std::string& name);
  void Sleep(int64_t due);
  void Wake();

  TaskQueue queue_;
  std::mutex mu_;
  std::condition_variable wake_;
  bool woken_ = false;  // Guarded by mu_.
  std::thread thread_;
};

}  // namespace sluice

#endif  // PIPELINE_EXECUTOR_THREAD_EXECUTOR_H_
