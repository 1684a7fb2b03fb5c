// What waits to be run: the half of an executor that is the same whatever
// thread drives it.
#ifndef PIPELINE_EXECUTOR_TASK_QUEUE_H_
#define PIPELINE_EXECUTOR_TASK_QUEUE_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// Posted tasks and timers of one executor. One thread, the driver, runs them:
//
//   while (...) {
//     queue.RunReady();
//     if (int64_t due = queue.PrepareSleep(); due != TaskQueue::kNow) {
//       <sleep until `due` or until woken>
//     }
//   }
//
// Whoever adds work is told whether the driver sleeps, at most once per sleep,
// so a busy driver costs the poster no system call.
//
// Thread-safety: Post(), PostAfter(), Cancel() and Close() from any thread;
// the others from the driver only.
class TaskQueue {
 public:
  using Task = Executor::Task;
  using TimerId = Executor::TimerId;

  // Returned by PrepareSleep(): there is work, do not sleep.
  static constexpr int64_t kNow = 0;
  // The same: sleep until woken.
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  TaskQueue() = default;
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // The monotonic clock in nanoseconds; timers are due on it.
  static int64_t MonotonicNanos();

  // Adds a task. True: the driver sleeps and the caller has to wake it.
  [[nodiscard]] bool Post(Task task);
  // Adds a timer and sets `*wake` as Post() does.
  TimerId PostAfter(absl::Duration delay, Task task, bool* wake);
  bool Cancel(TimerId id);

  // Runs the tasks that wait at the time of the call, then the timers that are
  // due. What these add waits for the next call, so a driver with other things
  // to do gets back to them.
  void RunReady();
  // Marks the driver asleep and returns when the next timer is due, or kNever;
  // or returns kNow and leaves it awake.
  int64_t PrepareSleep();

  // Refuses everything from now on: tasks that come are destroyed, unrun, in
  // the call that brings them. A RunReady() under way ends after its task.
  // Returns as Post() does.
  [[nodiscard]] bool Close();
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  // Destroys what waits. REQUIRES: closed.
  void Clear();

 private:
  void RunDueTimers();

  absl::Mutex mu_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mu_);
  // By due time, then by order of posting.
  absl::btree_map<std::pair<int64_t, TimerId>, Task> timers_
      ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<TimerId, int64_t> due_ ABSL_GUARDED_BY(mu_);
  TimerId next_id_ ABSL_GUARDED_BY(mu_) = 1;
  bool asleep_ ABSL_GUARDED_BY(mu_) = false;
  // Written under `mu_`; read without it between two tasks.
  std::atomic<bool> closed_{false};
  // The driver's own: the batch that runs.
  std::vector<Task> running_;
};

}  // namespace sluice

#endif  // PIPELINE_EXECUTOR_TASK_QUEUE_H_
