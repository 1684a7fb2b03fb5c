// Sources, ingest, log, deliveries and sinks of one pipeline, put together and
// run.
#ifndef PIPELINE_RUNTIME_PIPELINE_H_
#define PIPELINE_RUNTIME_PIPELINE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/executor/executor.h"
#include "pipeline/queue/event_queue.h"
#include "pipeline/runtime/backlog_forecast.h"
#include "pipeline/runtime/delivery_stage.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/runtime/ingest.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/status.pb.h"
#include "storage/base/clock.h"
#include "storage/log/event_log.h"

namespace sluice {

// What a pipeline runs on; all of it outlives the pipeline.
struct PipelineEnvironment {
  // Sources, sinks and deliveries.
  Executor* io = nullptr;
  HttpClient* http = nullptr;            // Bound to `io`.
  absl::BitGenRef* io_random = nullptr;  // Used on `io`.
  // All writing to the log; may block on the disk.
  Executor* ingest = nullptr;
  absl::BitGenRef* ingest_random = nullptr;  // Used on `ingest`.
  MetricRegistry* metrics = nullptr;
  // Shared by all pipelines of the process; null: nothing is shared.
  RateBudgets* rate_budgets = nullptr;
  const Clock* clock = nullptr;
  // Bounds of memory for this pipeline.
  size_t queue_bytes = 16 << 20;
  size_t window_bytes = 8 << 20;  // Per sink.
  size_t max_dedupe_keys = 500'000;
};

// One pipeline. `io` and `ingest` may be the same executor, a ManualExecutor
// for instance: then all of it, but for the network, is driven by a virtual
// clock.
//
// Thread-safety: Create, Start, Stop and the destructor from one thread, which
// is not one of the executors' (with a ManualExecutor: the one that runs it);
// Status() from any.
class Pipeline {
 public:
  // Makes every component and opens a cursor for each sink; nothing runs yet.
  // Cursors of sinks that are not in `spec` any more are parked.
  //   kInvalidArgument: a component cannot be made from its configuration.
  //   errors of EventLog's writing methods.
  static absl::StatusOr<std::unique_ptr<Pipeline>> Create(
      const PipelineSpec& spec, const PipelineEnvironment& environment,
      std::unique_ptr<EventLog> log);

  // REQUIRES: never started, or Stop() has reported done.
  ~Pipeline();

  // Starts sinks, then sources.
  void Start();

  // Stops sources, stores what is queued, lets deliveries under way end, and
  // syncs; each of these waits at most `grace`. Then destroys the components
  // and calls `done`, on an executor. Nothing that was acknowledged is lost,
  // whatever happens.
  void Stop(absl::Duration grace, absl::AnyInvocable<void()> done);

  admin::v1::PipelineStatus Status() const;

  // Calls `done` on `io` once every source has come to its end and every sink
  // has done with all events. For finite work; looks ten times a second.
  void WhenFinished(absl::AnyInvocable<void()> done);

  const std::string& name() const { return spec_.name; }
  EventLog* log() { return log_.get(); }

 private:
  struct RunningSource {
    std::unique_ptr<HttpClient> http;
    std::unique_ptr<Source> source;
    EventQueue::Producer* producer = nullptr;
    ComponentContext context;
    std::atomic<bool> finished{false};
  };
  struct RunningSink {
    std::unique_ptr<HttpClient> http;
    std::unique_ptr<Sink> sink;
    // Outlives the stage, for Status().
    std::unique_ptr<SinkProgress> progress;
    std::unique_ptr<DeliveryStage> stage;
    ComponentContext context;
    uint64_t listener = 0;
    bool started = false;
  };
  class StopStep;

  Pipeline(const PipelineSpec& spec, const PipelineEnvironment& environment,
           std::unique_ptr<EventLog> log);

  absl::Status MakeSources();
  absl::Status MakeIngest();
  absl::Status MakeSinks();
  absl::Status ParkOldCursors();
  ComponentContext MakeContext(const std::string& name, HttpClient* http);
  // Counts requests as `metric`; null if there is no HTTP here.
  std::unique_ptr<HttpClient> MakeHttpClient(const std::string& component,
                                             const std::string& metric);
  absl::Time OldestWaiting(const admin::v1::SinkStatus& sink,
                           const SinkProgress& progress) const;
  void MeasureIntake();
  void StartSink(RunningSink& sink);
  void StartSource(RunningSource& source);
  void CheckFinished();
  bool AllFinished();
  void DescribeMemory(admin::v1::PipelineStatus& status) const;
  void DescribeBacklogs(admin::v1::PipelineStatus& status) const;

  // The steps of Stop(), in order; each starts the next.
  void StopSources();
  void DrainQueue();
  void StopSinks();
  void CloseLog();
  void DestroyComponents();

  const PipelineSpec spec_;
  const PipelineEnvironment environment_;
  const std::unique_ptr<EventLog> log_;
  HealthBoard health_;
  // Of events that came into the log.
  RateMeter intake_;
  uint64_t intake_listener_ = 0;
  std::unique_ptr<EventQueue> queue_;
  std::unique_ptr<Ingest> ingest_;
  std::vector<std::unique_ptr<RunningSource>> sources_;
  std::vector<std::unique_ptr<RunningSink>> sinks_;
  std::vector<IngestSource> ingest_sources_;
  absl::AnyInvocable<void()> when_finished_;
  Executor::TimerId finished_timer_ = 0;
  std::atomic<bool> finished_{false};
  absl::Duration stop_grace_;
  absl::AnyInvocable<void()> stopped_;
  std::atomic<bool> running_{false};
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PIPELINE_H_
