#include "pipeline/runtime/running_sink.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {

absl::StatusOr<std::unique_ptr<RunningSink>> RunningSink::Create(
    const std::string& pipeline, const SinkSpec& spec,
    const PipelineEnvironment& environment, EventLog* log,
    HealthBoard* health) {
  absl::StatusOr<std::unique_ptr<Sink>> sink = spec.create();
  if (!sink.ok()) {
    return absl::Status(sink.status().code(),
                        absl::StrCat("sink ", pipeline, ".", spec.name, ": ",
                                     std::string(sink.status().message())));
  }
  ComponentHome home =
      MakeHome(environment, pipeline, spec.name, "sink_http_requests_total",
               health->reporter(spec.name));
  return std::unique_ptr<RunningSink>(new RunningSink(
      spec, environment, log, std::move(home), *std::move(sink)));
}

RunningSink::RunningSink(const SinkSpec& spec,
                         const PipelineEnvironment& environment, EventLog* log,
                         ComponentHome home, std::unique_ptr<Sink> sink)
    : spec_(spec),
      environment_(environment),
      log_(log),
      home_(std::move(home)),
      progress_(environment.io->MonotonicNow()),
      sink_(std::move(sink)) {}

RunningSink::~RunningSink() {
  CHECK(stage_ == nullptr) << "a sink is destroyed only after Stop() is done";
}

std::unique_ptr<DeliveryStage> RunningSink::MakeStage(
    absl::AnyInvocable<void()> on_progress) {
  DeliveryOptions options;
  options.sink = spec_.name;
  options.retry = spec_.retry;
  options.on_unknown = spec_.on_unknown;
  options.window_bytes = environment_.window_bytes;
  DeliveryStage::Parts parts;
  parts.executor = environment_.io;
  parts.sink = sink_.get();
  parts.log = log_;
  parts.health = home_.context.health;
  parts.metrics = environment_.metrics;
  parts.labels = home_.context.metric_labels();
  parts.random = environment_.io_random;
  parts.on_progress = std::move(on_progress);
  parts.progress = &progress_;
  return std::make_unique<DeliveryStage>(std::move(options), std::move(parts));
}

void RunningSink::Start(absl::AnyInvocable<void()> on_progress) {
  const absl::Status status = sink_->Start(home_.context);
  if (!status.ok()) {
    home_.context.health->Report(
        {HealthState::kPaused, std::string(status.message())});
    return;
  }
  // The sink says more about itself when it knows more.
  home_.context.health->Report({HealthState::kHealthy, ""});
  stage_ = MakeStage(std::move(on_progress));
  for (const CursorInfo& cursor : log_->Cursors()) {
    if (cursor.name == name()) stage_->Start(cursor);
  }
  listener_ = log_->AddAppendListener(
      [stage = stage_.get()](Sequence) { stage->Wake(); });
}

void RunningSink::Stop(absl::Duration grace, absl::AnyInvocable<void()> done) {
  if (stage_ == nullptr) {
    Destroy();
    return done();
  }
  stage_->Stop(grace, [this, done = std::move(done)]() mutable {
    // Not from within the stage.
    environment_.io->Post([this, done = std::move(done)]() mutable {
      Destroy();
      done();
    });
  });
}

void RunningSink::Destroy() {
  if (stage_ != nullptr) log_->RemoveAppendListener(listener_);
  stage_.reset();
  sink_.reset();
}

}  // namespace sluice
