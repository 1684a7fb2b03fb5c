// An executor that shares a thread with Boost.Asio.
#ifndef PIPELINE_NET_IO_EXECUTOR_H_
#define PIPELINE_NET_IO_EXECUTOR_H_

#include <atomic>
#include <cstdint>
#include <thread>

#include "absl/time/time.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/task_queue.h"

namespace sluice {

// Runs tasks on the one thread that runs `io`. Does not own that thread.
class IoExecutor final : public Executor {
 public:
  // `io` outlives this.
  explicit IoExecutor(boost::asio::io_context* io);

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override;
  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;

  // Runs `task` before returning when called on the thread of `io`, posts it
  // otherwise.
  void Dispatch(Task task);
  bool InThread() const;

  // Called on the thread of `io` before it runs anything else.
  void BindToThisThread();
  // Destroys what waits; what comes later is destroyed unrun. Called on the
  // thread of `io`.
  void Close();

 private:
  void Wake();
  void Run();
  void ArmTimer(int64_t due);

  boost::asio::io_context* const io_;
  TaskQueue queue_;
  std::atomic<std::thread::id> thread_{};
  // Wakes the thread for the timer that is due first.
  boost::asio::steady_timer timer_;
  int64_t armed_for_ = TaskQueue::kNever;
};

}  // namespace sluice

#endif  // PIPELINE_NET_IO_EXECUTOR_H_
