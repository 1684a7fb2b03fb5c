// The way into a pipeline's log: its sources, the queue, the transforms and the
// stage that stores.
#ifndef PIPELINE_RUNTIME_INTAKE_H_
#define PIPELINE_RUNTIME_INTAKE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/queue/event_queue.h"
#include "pipeline/runtime/dedupe_index.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/runtime/ingest.h"
#include "pipeline/runtime/pipeline_environment.h"
#include "pipeline/topology/pipeline_spec.h"
#include "storage/log/event_log.h"

namespace sluice {

// Name of the log in health reports; no component can have it, for names have
// no capitals or blanks.
inline constexpr char kLogComponent[] = "(log)";

// Goes from made to running to quiet to closed, once.
//
// Thread-safety: Create() from any thread, queue_bytes() and source_finished()
// too; the rest on `environment.io`.
class Intake {
 public:
  // What it works with, all of which outlives it. `dedupe` is used on
  // `environment.ingest` while the intake runs.
  struct Parts {
    const PipelineEnvironment* environment = nullptr;
    EventLog* log = nullptr;
    DedupeIndex* dedupe = nullptr;
    HealthBoard* health = nullptr;
  };

  // Makes sources and transforms and touches nothing else, so it may be made
  // while another intake of the same log runs.
  //   kInvalidArgument: a component cannot be made from its configuration.
  static absl::StatusOr<std::unique_ptr<Intake>> Create(
      const PipelineSpec& spec, const Parts& parts);

  // REQUIRES: never started, or Close() has reported done.
  ~Intake();

  // Starts the sources from their checkpoints in the log. A source that cannot
  // be started says so in its health.
  // REQUIRES: no other intake of the log runs.
  void Start();

  // Stops the sources, stores what they have handed over, and syncs; waits at
  // most `grace` for each of the first two. From then on it only writes what
  // the sinks commit.
  void Quiesce(absl::Duration grace, absl::AnyInvocable<void()> done);

  // Answers acknowledgements that are still owed with an error and destroys the
  // components. REQUIRES: Quiesce() has reported done.
  void Close(absl::AnyInvocable<void()> done);

  // A sink has committed progress.
  void NotifyProgress() {
    if (!closing_ && ingest_ != nullptr) ingest_->NotifyProgress();
  }

  // Whether every source has come to its end and all it gave is stored.
  bool LooksFinished();
  // What LooksFinished() found last of a source.
  bool source_finished(const std::string& name) const;

  size_t queue_bytes() const { return queue_->used_bytes(); }

 private:
  struct RunningSource {
    ComponentHome home;
    std::unique_ptr<Source> source;
    EventQueue::Producer* producer = nullptr;
    std::atomic<bool> finished{false};
  };

  Intake(const PipelineSpec& spec, const Parts& parts);
  absl::Status MakeSources(const PipelineSpec& spec);
  absl::Status MakeTransforms(const PipelineSpec& spec);
  std::unique_ptr<Ingest> MakeIngest();
  void StartSource(RunningSource& source);
  void Drain(absl::Duration grace, absl::AnyInvocable<void()> done);

  const std::string pipeline_;
  const Parts parts_;
  IngestOptions options_;
  std::unique_ptr<TransformChain> transforms_;  // Until it is started.
  std::vector<IngestSource> ingest_sources_;
  std::unique_ptr<EventQueue> queue_;
  std::unique_ptr<Ingest> ingest_;  // Null: not started, or closed.
  std::vector<std::unique_ptr<RunningSource>> sources_;
  bool closing_ = false;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_INTAKE_H_
