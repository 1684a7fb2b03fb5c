// Whether the threads of the process still do what they are given.
#ifndef PIPELINE_MONITORING_THREAD_WATCH_H_
#define PIPELINE_MONITORING_THREAD_WATCH_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// Gives each thread a task that does nothing, and knows how long it has not
// been run.
//
// Thread-safety: as an int. The executors outlive the watch.
class ThreadWatch {
 public:
  struct Thread {
    std::string name;
    Executor* executor = nullptr;
  };
  struct Report {
    std::string name;
    // How long the thread has not answered; zero: it has.
    absl::Duration silent;
  };

  explicit ThreadWatch(std::vector<Thread> threads);

  // Asks every thread that owes no answer. `now` is of a monotonic clock, the
  // same in all calls.
  void Ask(absl::Duration now);

  std::vector<Report> Look(absl::Duration now) const;

 private:
  struct Watched {
    Thread thread;
    // Shared with the task, which may be destroyed unrun after the watch.
    std::shared_ptr<std::atomic<bool>> asked;
    absl::Duration since;
  };

  std::vector<Watched> threads_;
};

}  // namespace sluice

#endif  // PIPELINE_MONITORING_THREAD_WATCH_H_
