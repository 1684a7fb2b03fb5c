#include "pipeline/runtime/intake.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/runtime/stop_step.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// A group has to fit into a log of the smallest size beside what waits in it.
IngestOptions OptionsOf(const PipelineSpec& spec) {
  IngestOptions options;
  options.max_event_bytes = spec.max_event_bytes;
  options.overflow = spec.overflow;
  options.max_group_bytes =
      std::min<size_t>(options.max_group_bytes, spec.log.max_bytes / 8);
  options.max_batch_bytes =
      std::min(options.max_batch_bytes, options.max_group_bytes);
  return options;
}

absl::Status Annotate(const absl::Status& status, const std::string& kind,
                      const std::string& pipeline, const std::string& name) {
  return absl::Status(status.code(),
                      absl::StrCat(kind, " ", pipeline, ".", name, ": ",
                                   std::string(status.message())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Intake>> Intake::Create(const PipelineSpec& spec,
                                                       const Parts& parts) {
  std::unique_ptr<Intake> intake(new Intake(spec, parts));
  SLUICE_RETURN_IF_ERROR(intake->MakeSources(spec));
  SLUICE_RETURN_IF_ERROR(intake->MakeTransforms(spec));
  return intake;
}

Intake::Intake(const PipelineSpec& spec, const Parts& parts)
    : pipeline_(spec.name),
      parts_(parts),
      options_(OptionsOf(spec)),
      queue_(std::make_unique<EventQueue>(parts.environment->queue_bytes,
                                          [this] { ingest_->Wake(); })) {}

Intake::~Intake() {
  CHECK(ingest_ == nullptr) << "an intake is destroyed only when it is closed";
}

absl::Status Intake::MakeSources(const PipelineSpec& spec) {
  for (const SourceSpec& source_spec : spec.sources) {
    absl::StatusOr<std::unique_ptr<Source>> source = source_spec.create();
    if (!source.ok()) {
      return Annotate(source.status(), "source", pipeline_, source_spec.name);
    }
    auto running = std::make_unique<RunningSource>();
    running->source = *std::move(source);
    running->home = MakeHome(*parts_.environment, pipeline_, source_spec.name,
                             "source_http_requests_total",
                             parts_.health->reporter(source_spec.name));
    running->producer =
        queue_->AddProducer(sources_.size(), parts_.environment->io,
                            source_spec.acknowledge == config::v1::RECEIVED);
    IngestSource ingest_source;
    ingest_source.name = source_spec.name;
    ingest_source.acknowledge = source_spec.acknowledge;
    ingest_source.may_repeat = running->source->traits().may_repeat;
    ingest_source.executor = parts_.environment->io;
    ingest_sources_.push_back(std::move(ingest_source));
    sources_.push_back(std::move(running));
  }
  return absl::OkStatus();
}

absl::Status Intake::MakeTransforms(const PipelineSpec& spec) {
  std::vector<std::unique_ptr<Transform>> transforms;
  for (const TransformSpec& transform_spec : spec.transforms) {
    absl::StatusOr<std::unique_ptr<Transform>> transform =
        transform_spec.create();
    if (!transform.ok()) {
      return Annotate(transform.status(), "transform", pipeline_,
                      transform_spec.plugin);
    }
    transforms.push_back(*std::move(transform));
  }
  transforms_ = std::make_unique<TransformChain>(std::move(transforms));
  return absl::OkStatus();
}

std::unique_ptr<Ingest> Intake::MakeIngest() {
  Ingest::Parts parts;
  parts.executor = parts_.environment->ingest;
  parts.queue = queue_.get();
  parts.log = parts_.log;
  parts.health = parts_.health->reporter(kLogComponent);
  parts.random = parts_.environment->ingest_random;
  parts.transforms = std::move(transforms_);
  parts.dedupe = parts_.dedupe;
  parts.metrics = parts_.environment->metrics;
  parts.pipeline = pipeline_;
  return std::make_unique<Ingest>(options_, std::move(ingest_sources_),
                                  std::move(parts));
}

void Intake::Start() {
  ingest_ = MakeIngest();
  // Sinks may have committed while nobody wrote it.
  ingest_->NotifyProgress();
  for (auto& source : sources_) StartSource(*source);
}

void Intake::StartSource(RunningSource& source) {
  const ComponentContext& context = source.home.context;
  std::optional<std::string> checkpoint;
  for (const SourceInfo& info : parts_.log->Sources()) {
    if (info.name == context.name && info.state.has_checkpoint()) {
      checkpoint = info.state.checkpoint();
    }
  }
  const absl::Status status =
      source.source->Start(context, source.producer, std::move(checkpoint));
  if (!status.ok()) {
    context.health->Report(
        {HealthState::kPaused, std::string(status.message())});
  }
}

void Intake::Quiesce(absl::Duration grace, absl::AnyInvocable<void()> done) {
  // One extra thing, so that nothing is waited for without sources.
  auto step = std::make_shared<StopStep>(
      parts_.environment->io, sources_.size() + 1,
      [this, grace, done = std::move(done)]() mutable {
        parts_.environment->ingest->Post(
            [this, grace, done = std::move(done)]() mutable {
              Drain(grace, std::move(done));
            });
      });
  step->Limit(grace);
  for (auto& source : sources_) {
    source->producer->CancelNotify();
    source->source->Stop([step] { step->Done(); });
  }
  step->Done();
}

void Intake::Drain(absl::Duration grace, absl::AnyInvocable<void()> done) {
  auto step = std::make_shared<StopStep>(
      parts_.environment->ingest, 1, [this, done = std::move(done)]() mutable {
        parts_.environment->io->Post(std::move(done));
      });
  step->Limit(grace);
  ingest_->Drain([this, step](const absl::Status& status) {
    LOG_IF(WARNING, !status.ok()) << pipeline_ << ": " << status.message();
    step->Done();
  });
}

void Intake::Close(absl::AnyInvocable<void()> done) {
  Executor* const io = parts_.environment->io;
  Executor* const ingest = parts_.environment->ingest;
  closing_ = true;
  ingest->Post([this, io, ingest, done = std::move(done)]() mutable {
    ingest_->Abandon();
    io->Post([this, io, ingest, done = std::move(done)]() mutable {
      for (auto& source : sources_) source->source.reset();
      ingest->Post([this, io, done = std::move(done)]() mutable {
        ingest_.reset();
        io->Post(std::move(done));
      });
    });
  });
}

bool Intake::LooksFinished() {
  bool all = !closing_;
  for (auto& source : sources_) {
    if (closing_) break;
    source->finished = source->source->finished();
    all = all && source->finished;
  }
  // The queue stays charged until its events are stored.
  return all && queue_->used_bytes() == 0;
}

bool Intake::source_finished(const std::string& name) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const auto& source) {
    return source->home.context.name == name && source->finished;
  });
}

}  // namespace sluice
