// What a service manager gets to know about running pipelines, and when.
#ifndef TOOLS_SLUICE_SERVICE_REPORTER_H_
#define TOOLS_SLUICE_SERVICE_REPORTER_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/monitoring/thread_watch.h"
#include "proto/admin/v1/status.pb.h"
#include "tools/sluice/service_notifier.h"

namespace sluice {

// Tells the service manager that the pipelines run, then from time to time how
// they are, and that all their threads answer: "WATCHDOG=1" is sent only when
// every thread has done what it was given since the time before. So a thread
// that is stuck for as long as the service manager's patience ends the process,
// and a shorter wait for a disk does not.
//
// Does everything on its executor, whose thread should have nothing else to
// wait for. Destroyed after the executor has ended, or on it.
class ServiceReporter {
 public:
  struct Parts {
    ServiceNotifier notifier;
    // Those that must answer.
    ThreadWatch threads;
    // Called on the executor, while they do.
    std::function<admin::v1::ProcessStatus()> status;
    Executor* executor = nullptr;
  };

  explicit ServiceReporter(Parts parts);

  // "READY=1", now, and all the rest from now on. Once, from any thread.
  void Ready();

  // "STOPPING=1", now. The rest goes on: a stop that hangs is to be noticed,
  // too. From any thread.
  void Stopping();

 private:
  void Report();
  void Send(std::string_view lines) const;

  Parts parts_;
  const absl::Duration interval_;
};

// One line for people: "2 pipelines, 1200 events received, 3 waiting", with
// "stopping; " before it once that is so.
std::string SummarizeStatus(const admin::v1::ProcessStatus& status);

}  // namespace sluice

#endif  // TOOLS_SLUICE_SERVICE_REPORTER_H_
