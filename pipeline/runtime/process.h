// All pipelines of a process, on real threads, a real network and a real disk.
#ifndef PIPELINE_RUNTIME_PROCESS_H_
#define PIPELINE_RUNTIME_PROCESS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/monitoring/thread_watch.h"
#include "pipeline/runtime/pipeline_set.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/status.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// Runs pipelines until it is told to stop.
//
// Threads: `io` runs all sources, sinks and deliveries and the network;
// `ingest` does all writing to the logs; `monitoring`, if it is configured,
// answers requests for metrics and health (pipeline/monitoring), from before
// the logs are opened until the process is destroyed.
//
// Thread-safety: all methods from any thread but the process's own. Those that
// change something wait for each other.
class Process {
 public:
  // Takes the data directory, opens every log and starts every pipeline. Either
  // all of them run, or none and the error says what is wrong:
  //   errors of DataDirectory::Open and MonitoringServer::Start;
  //   errors of RocksDbEventLog::Open and Pipeline::Create, with the pipeline's
  //   name before them.
  static absl::StatusOr<std::unique_ptr<Process>> Start(
      const ProcessSpec& spec);

  // Stops first, with no grace, if Stop() was not called.
  virtual ~Process() = default;

  // Stops every pipeline in order: no new events, everything queued stored and
  // synced, deliveries under way ended. Blocks; each of the three steps takes
  // at most `grace`. A second call does nothing.
  virtual void Stop(absl::Duration grace) = 0;

  // How everything stands, also after Stop().
  virtual admin::v1::ProcessStatus Status() const = 0;

  // Names of the pipelines, in order.
  std::vector<std::string> PipelineNames() const;

  // As PipelineSet::CheckPipeline().
  virtual absl::Status CheckPipeline(std::string_view name) const;

  // Where metrics and health are served, e.g. "127.0.0.1:9464"; empty: nowhere.
  virtual std::string monitoring_address() const { return ""; }

  // The threads that every pipeline depends on, to be watched. They live as
  // long as the process.
  virtual std::vector<ThreadWatch::Thread> threads() { return {}; }

  // Runs `task` with the log of a pipeline on the thread that writes to all
  // logs, between other writes, which wait for it: it must be short.
  //   kNotFound: there is no such pipeline.
  //   kUnavailable: the process is not running (yet, or any more).
  virtual absl::Status PostToLog(std::string_view /*pipeline*/,
                                 absl::AnyInvocable<void(EventLog&)> /*task*/) {
    return absl::UnavailableError("the process is not running");
  }

  // Makes the pipelines those of `spec` while others run on; see
  // PipelineSet::Reach(), whose errors it has, and
  //   kFailedPrecondition: `spec` changes what only a start can change; the
  //   message names it.
  //   kUnavailable: the process is not running.
  virtual absl::StatusOr<ComponentChanges> Apply(const ProcessSpec& /*spec*/,
                                                 absl::Duration /*grace*/) {
    return absl::UnavailableError("the process is not running");
  }

  // What Apply() would do. Errors as those that it finds before it begins.
  virtual absl::StatusOr<ComponentChanges> Preview(
      const ProcessSpec& /*spec*/) {
    return absl::UnavailableError("the process is not running");
  }

  // Changes what of a pipeline runs; see PipelineSet::Retarget().
  //   kUnavailable: the process is not running.
  virtual absl::Status Retarget(
      std::string_view /*pipeline*/, absl::Duration /*grace*/,
      absl::FunctionRef<absl::Status(PipelineTarget&)> /*edit*/) {
    return absl::UnavailableError("the process is not running");
  }

  // As PipelineSet::PauseFor(), and
  //   kUnavailable: the process is not running.
  virtual absl::Status PauseFor(
      std::string_view /*pipeline*/, const std::string& /*sink*/,
      absl::Duration /*grace*/,
      absl::AnyInvocable<absl::Status(EventLog&)> /*between*/) {
    return absl::UnavailableError("the process is not running");
  }

  // As PipelineSet::Delete(), and
  //   kUnavailable: the process is not running.
  virtual absl::StatusOr<KeptPipeline> Delete(const std::string& /*pipeline*/,
                                              bool /*discard*/,
                                              bool /*dry_run*/) {
    return absl::UnavailableError("the process is not running");
  }

  // As PipelineSet::Removed().
  virtual std::vector<std::string> RemovedPipelines() { return {}; }

  // As PipelineSet::ReadLog(), and
  //   kUnavailable: the process is not running (yet, or any more).
  virtual absl::Status ReadLog(
      std::string_view /*pipeline*/,
      absl::FunctionRef<absl::Status(EventLog&)> /*look*/) {
    return absl::UnavailableError("the process is not running");
  }

  // As PipelineSet::FindPending(), but waits for the answer: not on a thread
  // of the process.
  //   kUnavailable: the process is not running (yet, or any more).
  virtual absl::StatusOr<Pipeline::PendingDeliveries> FindPending(
      std::string_view /*pipeline*/, Sequence /*sequence*/) {
    return absl::UnavailableError("the process is not running");
  }

  // Calls `done` once, on a thread of the process, when every pipeline has
  // finite sources and has delivered all they had.
  virtual void WhenFinished(absl::AnyInvocable<void()> done) = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PROCESS_H_
