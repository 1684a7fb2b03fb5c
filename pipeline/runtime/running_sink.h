// One sink of a pipeline and the stage that delivers to it.
#ifndef PIPELINE_RUNTIME_RUNNING_SINK_H_
#define PIPELINE_RUNTIME_RUNNING_SINK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/runtime/backlog_forecast.h"
#include "pipeline/runtime/delivery_stage.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/runtime/pipeline_environment.h"
#include "pipeline/topology/pipeline_spec.h"
#include "storage/log/event_log.h"

namespace sluice {

// Goes from made to running to stopped, once.
//
// Thread-safety: Create() from any thread, progress() too; the rest on
// `environment.io`.
class RunningSink {
 public:
  // Makes the sink and touches nothing else, so it may be made while another
  // one of its name runs. All but `spec` outlive it.
  //   kInvalidArgument: it cannot be made from its configuration.
  static absl::StatusOr<std::unique_ptr<RunningSink>> Create(
      const std::string& pipeline, const SinkSpec& spec,
      const PipelineEnvironment& environment, EventLog* log,
      HealthBoard* health);

  // REQUIRES: never started, or Stop() has reported done.
  ~RunningSink();

  // Delivers from the sink's cursor on, which is there. A sink that cannot be
  // started says so in its health. `on_progress` is called after each commit.
  void Start(absl::AnyInvocable<void()> on_progress);

  // Lets deliveries under way end, at most `grace` long, destroys the sink, and
  // calls `done` on `io`.
  void Stop(absl::Duration grace, absl::AnyInvocable<void()> done);

  // As DeliveryStage::FindPending().
  std::optional<PendingDelivery> FindPending(Sequence sequence) const {
    return stage_ == nullptr ? std::nullopt : stage_->FindPending(sequence);
  }

  const std::string& name() const { return home_.context.name; }
  const SinkProgress& progress() const { return progress_; }

 private:
  RunningSink(const SinkSpec& spec, const PipelineEnvironment& environment,
              EventLog* log, ComponentHome home, std::unique_ptr<Sink> sink);

  std::unique_ptr<DeliveryStage> MakeStage(
      absl::AnyInvocable<void()> on_progress);
  void Destroy();

  const SinkSpec spec_;
  const PipelineEnvironment& environment_;
  EventLog* const log_;
  const ComponentHome home_;
  SinkProgress progress_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<DeliveryStage> stage_;  // Null: not started.
  uint64_t listener_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_RUNNING_SINK_H_
