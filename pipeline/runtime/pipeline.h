// Sources, ingest, log, deliveries and sinks of one pipeline, put together, run
// and changed while they run.
#ifndef PIPELINE_RUNTIME_PIPELINE_H_
#define PIPELINE_RUNTIME_PIPELINE_H_

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/runtime/backlog_forecast.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/runtime/intake.h"
#include "pipeline/runtime/pipeline_environment.h"
#include "pipeline/runtime/running_sink.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/status.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// What a pipeline is to be.
struct PipelineTarget {
  PipelineSpec spec;
  // PIPELINE_RUNNING; PIPELINE_DRAINING: no sources; PIPELINE_PAUSED: neither
  // sources nor sinks.
  admin::v1::PipelineState state = admin::v1::PIPELINE_RUNNING;
  // Sinks of `spec` that do not run even so.
  std::set<std::string> paused_sinks = {};
};

// A step from what a pipeline is to what it is to be, with every new component
// made and nothing touched yet. Destroying it instead is fine.
struct PipelineChange {
  PipelineTarget target;
  // What of `target.spec` is to run.
  PipelineSpec active;
  // Takes the place of the present one; null: that stays.
  std::unique_ptr<Intake> intake;
  // Sinks to stop, and those to start then.
  std::set<std::string> stopped;
  std::vector<std::unique_ptr<RunningSink>> started;
  // Sinks that are new in the configuration.
  std::vector<SinkSpec> added;
  // Done with the log when what stops has stopped and nothing new has started
  // yet, on `ingest`; null: nothing. Its error is that of the step, which goes
  // on nevertheless.
  absl::AnyInvocable<absl::Status(EventLog&)> between;
};

// One pipeline. `io` and `ingest` may be the same executor, a ManualExecutor
// for instance: then all of it, but for the network, is driven by a virtual
// clock.
//
// Thread-safety: Create, Start, Plan, Carry, Stop and the destructor from one
// thread at a time, which is not one of the executors' (with a ManualExecutor:
// the one that runs it); Status() from any.
class Pipeline {
 public:
  // Makes every component and opens a cursor for each sink; nothing runs yet.
  // Cursors of sinks that are not configured any more are parked.
  //   kInvalidArgument: a component cannot be made from its configuration.
  //   errors of EventLog's writing methods.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Create(
      const PipelineTarget& target, const PipelineEnvironment& environment,
      std::unique_ptr<EventLog> log);

  // REQUIRES: never started, or Stop() has reported done.
  ~Pipeline();

  // Starts sinks, then sources.
  void Start();

  // Makes what `target` has and the pipeline has not. The options of its log
  // are those of now: another value of them needs another pipeline.
  //   kInvalidArgument: a component cannot be made from its configuration.
  absl::StatusOr<PipelineChange> Plan(PipelineTarget target);

  // Stops `sink`, if it runs, does `between`, and starts it again, made anew.
  //   kInvalidArgument: it cannot be made from its configuration any more.
  absl::StatusOr<PipelineChange> PlanPause(
      const std::string& sink,
      absl::AnyInvocable<absl::Status(EventLog&)> between);

  // Makes the pipeline what change.target says: stops what is not to run any
  // more as Stop() does, starts what is new where the old left off, and leaves
  // the rest alone. Then calls `done` on an executor. One at a time; the change
  // is of this pipeline's Plan(), with no other one between.
  //   errors of EventLog's writing methods: nothing was changed.
  //   error of change.between: all else was done.
  void Carry(PipelineChange change, absl::Duration grace,
             absl::AnyInvocable<void(absl::Status)> done);

  // Stops sources, stores what is queued, lets deliveries under way end, and
  // syncs; each of these waits at most `grace`. Then destroys the components
  // and calls `done`, on an executor. Nothing that was acknowledged is lost,
  // whatever happens.
  void Stop(absl::Duration grace, absl::AnyInvocable<void()> done);

  admin::v1::PipelineStatus Status() const;

  // Calls `done` on `io` once every source has come to its end and every sink
  // has done with all events. For finite work; looks ten times a second.
  void WhenFinished(absl::AnyInvocable<void()> done);

  // How far each sink that runs is with an event that is not done. Calls `done`
  // on `io`.
  using PendingDeliveries = std::map<std::string, PendingDelivery>;
  void FindPending(Sequence sequence,
                   absl::AnyInvocable<void(PendingDeliveries)> done);

  // What it was made to be last.
  PipelineTarget target() const;

  const std::string& name() const { return name_; }
  EventLog* log() { return log_.get(); }

 private:
  struct Step;

  Pipeline(const std::string& name, const PipelineEnvironment& environment,
           std::unique_ptr<EventLog> log);

  absl::Status FillDedupe(const LogOptions& options);
  absl::Status OpenCursors(const PipelineChange& change);
  absl::Status ParkUnusedCursors();
  void BeginStep(const std::shared_ptr<Step>& step);
  void DoBetween(const std::shared_ptr<Step>& step);
  void EndStep(const std::shared_ptr<Step>& step);
  // Stops the intake, if `intake` is true, and the sinks named, in order.
  void StopParts(bool intake, const std::set<std::string>& sinks,
                 absl::Duration grace, absl::AnyInvocable<void()> next);
  void StopSinks(const std::set<std::string>& names, absl::Duration grace,
                 absl::AnyInvocable<void()> next);
  void Install(PipelineChange change);
  void ReportPaused();
  void MeasureIntake();
  void Finish(absl::AnyInvocable<void()> done);
  void CheckFinished();
  bool AllFinished();
  absl::Time OldestWaiting(const admin::v1::SinkStatus& sink,
                           const SinkProgress& progress) const;
  void DescribeMemory(admin::v1::PipelineStatus& status) const;
  void DescribeBacklogs(admin::v1::PipelineStatus& status) const;

  const std::string name_;
  const PipelineEnvironment environment_;
  const std::unique_ptr<EventLog> log_;
  HealthBoard health_;
  // Of events that came into the log.
  RateMeter intake_rate_;
  uint64_t intake_listener_ = 0;
  std::unique_ptr<DedupeIndex> dedupe_;
  PipelineChange first_;  // Until Start().

  // Taken for writing on `io` only, so what reads there needs it not.
  mutable absl::Mutex mu_;
  PipelineTarget target_;
  std::unique_ptr<Intake> intake_;
  std::vector<std::unique_ptr<RunningSink>> sinks_;

  // What runs when every step that was begun is done. Of the thread that
  // changes the pipeline, for Plan(): `active_` and the rest follow on `io`.
  PipelineSpec planned_;
  bool intake_planned_ = false;

  PipelineSpec active_;  // On `io`.
  absl::AnyInvocable<void()> when_finished_;
  Executor::TimerId finished_timer_ = 0;
  std::atomic<bool> finished_{false};
  std::atomic<bool> running_{false};
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PIPELINE_H_
