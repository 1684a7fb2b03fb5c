#include "pipeline/runtime/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/runtime/counted_http_client.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/topology/memory_plan.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// Name of the log in health reports; no component can have it, for names have
// no capitals or blanks.
constexpr char kLogComponent[] = "(log)";

constexpr absl::Duration kFinishedCheck = absl::Milliseconds(100);

absl::Status Annotate(const absl::Status& status, const std::string& what) {
  return absl::Status(status.code(),
                      absl::StrCat(what, ": ", std::string(status.message())));
}

}  // namespace

// Waits on one executor for a number of things to end, but not longer than a
// limit; then goes on, once.
class Pipeline::StopStep
    : public std::enable_shared_from_this<Pipeline::StopStep> {
 public:
  StopStep(Executor* executor, size_t things, absl::AnyInvocable<void()> next)
      : executor_(executor), waiting_(things), next_(std::move(next)) {}

  void Begin(absl::Duration limit) {
    timer_ = executor_->PostAfter(limit,
                                  [self = shared_from_this()] { self->End(); });
  }

  // One of the things has ended.
  void Done() {
    if (--waiting_ == 0) End();
  }

 private:
  void End() {
    if (!next_) return;
    executor_->Cancel(timer_);
    std::exchange(next_, nullptr)();
  }

  Executor* const executor_;
  size_t waiting_;
  absl::AnyInvocable<void()> next_;
  Executor::TimerId timer_ = 0;
};

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Create(
    const PipelineSpec& spec, const PipelineEnvironment& environment,
    std::unique_ptr<EventLog> log) {
  std::unique_ptr<Pipeline> pipeline(
      new Pipeline(spec, environment, std::move(log)));
  SLUICE_RETURN_IF_ERROR(pipeline->MakeSources());
  SLUICE_RETURN_IF_ERROR(pipeline->MakeIngest());
  SLUICE_RETURN_IF_ERROR(pipeline->MakeSinks());
  SLUICE_RETURN_IF_ERROR(pipeline->ParkOldCursors());
  return pipeline;
}

Pipeline::Pipeline(const PipelineSpec& spec,
                   const PipelineEnvironment& environment,
                   std::unique_ptr<EventLog> log)
    : spec_(spec),
      environment_(environment),
      log_(std::move(log)),
      health_(spec.name, environment.clock),
      intake_(environment.io->MonotonicNow()) {}

Pipeline::~Pipeline() {
  CHECK(!running_) << "a pipeline is destroyed only after Stop() is done";
}

std::unique_ptr<HttpClient> Pipeline::MakeHttpClient(
    const std::string& component, const std::string& metric) {
  if (environment_.http == nullptr) return nullptr;
  return std::make_unique<CountedHttpClient>(
      environment_.http, environment_.metrics, metric,
      MetricLabels{{"component", component}, {"pipeline", spec_.name}});
}

ComponentContext Pipeline::MakeContext(const std::string& name,
                                       HttpClient* http) {
  ComponentContext context;
  context.name = name;
  context.pipeline = spec_.name;
  context.executor = environment_.io;
  context.http = http;
  context.health = health_.reporter(name);
  context.metrics = environment_.metrics;
  context.random = environment_.io_random;
  context.rate_budgets = environment_.rate_budgets;
  return context;
}

absl::Status Pipeline::MakeSources() {
  queue_ = std::make_unique<EventQueue>(environment_.queue_bytes,
                                        [this] { ingest_->Wake(); });
  for (const SourceSpec& source_spec : spec_.sources) {
    auto running = std::make_unique<RunningSource>();
    absl::StatusOr<std::unique_ptr<Source>> source = source_spec.create();
    if (!source.ok()) {
      return Annotate(source.status(), absl::StrCat("source ", spec_.name, ".",
                                                    source_spec.name));
    }
    running->source = *std::move(source);
    running->http =
        MakeHttpClient(source_spec.name, "source_http_requests_total");
    running->context = MakeContext(source_spec.name, running->http.get());
    running->producer =
        queue_->AddProducer(sources_.size(), environment_.io,
                            source_spec.acknowledge == config::v1::RECEIVED);
    IngestSource ingest_source;
    ingest_source.name = source_spec.name;
    ingest_source.acknowledge = source_spec.acknowledge;
    ingest_source.may_repeat = running->source->traits().may_repeat;
    ingest_source.executor = environment_.io;
    ingest_sources_.push_back(std::move(ingest_source));
    sources_.push_back(std::move(running));
  }
  return absl::OkStatus();
}

absl::Status Pipeline::MakeIngest() {
  std::vector<std::unique_ptr<Transform>> transforms;
  for (const TransformSpec& transform_spec : spec_.transforms) {
    absl::StatusOr<std::unique_ptr<Transform>> transform =
        transform_spec.create();
    if (!transform.ok()) {
      return Annotate(
          transform.status(),
          absl::StrCat("transform ", spec_.name, ".", transform_spec.plugin));
    }
    transforms.push_back(*std::move(transform));
  }
  Ingest::Parts parts;
  parts.executor = environment_.ingest;
  parts.queue = queue_.get();
  parts.log = log_.get();
  parts.health = health_.reporter(kLogComponent);
  parts.random = environment_.ingest_random;
  parts.transforms = std::make_unique<TransformChain>(std::move(transforms));
  parts.dedupe = std::make_unique<DedupeIndex>(spec_.log.dedupe_window,
                                               environment_.max_dedupe_keys);
  SLUICE_RETURN_IF_ERROR(
      log_->ForEachDedupeKey([&](absl::Time time, DedupeKey key) {
        parts.dedupe->Insert(key, time);
      }));
  parts.metrics = environment_.metrics;
  parts.pipeline = spec_.name;
  IngestOptions options;
  options.max_event_bytes = spec_.max_event_bytes;
  options.overflow = spec_.overflow;
  // A group has to fit into a log of the smallest size beside what waits in it.
  options.max_group_bytes =
      std::min<size_t>(options.max_group_bytes, spec_.log.max_bytes / 8);
  options.max_batch_bytes =
      std::min(options.max_batch_bytes, options.max_group_bytes);
  ingest_ =
      std::make_unique<Ingest>(options, ingest_sources_, std::move(parts));
  return absl::OkStatus();
}

absl::Status Pipeline::MakeSinks() {
  for (const SinkSpec& sink_spec : spec_.sinks) {
    auto running = std::make_unique<RunningSink>();
    absl::StatusOr<std::unique_ptr<Sink>> sink = sink_spec.create();
    if (!sink.ok()) {
      return Annotate(sink.status(),
                      absl::StrCat("sink ", spec_.name, ".", sink_spec.name));
    }
    running->sink = *std::move(sink);
    running->http = MakeHttpClient(sink_spec.name, "sink_http_requests_total");
    running->context = MakeContext(sink_spec.name, running->http.get());
    DeliveryOptions options;
    options.sink = sink_spec.name;
    options.retry = sink_spec.retry;
    options.on_unknown = sink_spec.on_unknown;
    options.window_bytes = environment_.window_bytes;
    DeliveryStage::Parts parts;
    parts.executor = environment_.io;
    parts.sink = running->sink.get();
    parts.log = log_.get();
    parts.health = running->context.health;
    parts.metrics = environment_.metrics;
    parts.labels = running->context.metric_labels();
    parts.random = environment_.io_random;
    parts.on_progress = [this] { ingest_->NotifyProgress(); };
    running->progress =
        std::make_unique<SinkProgress>(environment_.io->MonotonicNow());
    parts.progress = running->progress.get();
    running->stage =
        std::make_unique<DeliveryStage>(std::move(options), std::move(parts));
    SLUICE_RETURN_IF_ERROR(
        log_->OpenCursor(sink_spec.name, sink_spec.start_from_oldest).status());
    sinks_.push_back(std::move(running));
  }
  return absl::OkStatus();
}

absl::Status Pipeline::ParkOldCursors() {
  for (const CursorInfo& cursor : log_->Cursors()) {
    const bool used = std::any_of(
        spec_.sinks.begin(), spec_.sinks.end(),
        [&](const SinkSpec& sink) { return sink.name == cursor.name; });
    if (used || cursor.state.parked()) continue;
    LOG(WARNING) << spec_.name << ": sink " << cursor.name
                 << " is not configured any more; its cursor is parked with "
                 << cursor.waiting << " events waiting";
    SLUICE_RETURN_IF_ERROR(log_->ParkCursor(cursor.name));
  }
  return absl::OkStatus();
}

void Pipeline::Start() {
  running_ = true;
  environment_.io->Post([this] {
    MeasureIntake();
    for (auto& sink : sinks_) StartSink(*sink);
    for (auto& source : sources_) StartSource(*source);
  });
}

void Pipeline::MeasureIntake() {
  intake_listener_ = log_->AddAppendListener(
      [this, known = log_->stats().next_sequence](Sequence next) mutable {
        // Events may have come between the two readings.
        if (next > known) {
          intake_.Note(environment_.io->MonotonicNow(), next - known);
        }
        known = next;
      });
}

void Pipeline::StartSink(RunningSink& sink) {
  const absl::Status status = sink.sink->Start(sink.context);
  if (!status.ok()) {
    sink.context.health->Report(
        {HealthState::kPaused, std::string(status.message())});
    return;
  }
  sink.started = true;
  // The sink says more about itself when it knows more.
  sink.context.health->Report({HealthState::kHealthy, ""});
  for (const CursorInfo& cursor : log_->Cursors()) {
    if (cursor.name == sink.context.name) sink.stage->Start(cursor);
  }
  sink.listener = log_->AddAppendListener(
      [stage = sink.stage.get()](Sequence) { stage->Wake(); });
}

void Pipeline::StartSource(RunningSource& source) {
  std::optional<std::string> checkpoint;
  for (const SourceInfo& info : log_->Sources()) {
    if (info.name == source.context.name && info.state.has_checkpoint()) {
      checkpoint = info.state.checkpoint();
    }
  }
  const absl::Status status = source.source->Start(
      source.context, source.producer, std::move(checkpoint));
  if (!status.ok()) {
    source.context.health->Report(
        {HealthState::kPaused, std::string(status.message())});
  }
}

void Pipeline::Stop(absl::Duration grace, absl::AnyInvocable<void()> done) {
  stop_grace_ = grace;
  stopped_ = std::move(done);
  environment_.io->Post([this] { StopSources(); });
}

void Pipeline::StopSources() {
  environment_.io->Cancel(finished_timer_);
  auto step = std::make_shared<StopStep>(
      environment_.io, sources_.size(),
      [this] { environment_.ingest->Post([this] { DrainQueue(); }); });
  step->Begin(stop_grace_);
  for (auto& source : sources_) {
    source->producer->CancelNotify();
    source->source->Stop([step] { step->Done(); });
  }
}

void Pipeline::DrainQueue() {
  auto step = std::make_shared<StopStep>(environment_.ingest, 1, [this] {
    environment_.io->Post([this] { StopSinks(); });
  });
  step->Begin(stop_grace_);
  ingest_->Drain([this, step](const absl::Status& status) {
    LOG_IF(WARNING, !status.ok()) << name() << ": " << status.message();
    step->Done();
  });
}

void Pipeline::StopSinks() {
  // Stages keep to the grace by themselves, so this step has no limit of its
  // own; one extra thing holds it open until all are counted.
  auto step = std::make_shared<StopStep>(
      environment_.io, sinks_.size() + 1,
      [this] { environment_.ingest->Post([this] { CloseLog(); }); });
  for (auto& sink : sinks_) {
    if (sink->started) {
      sink->stage->Stop(stop_grace_, [step] { step->Done(); });
    } else {
      step->Done();
    }
  }
  step->Done();
}

void Pipeline::CloseLog() {
  ingest_->Abandon();
  const absl::Status status = log_->Flush(Durability::kDurable);
  LOG_IF(ERROR, !status.ok())
      << name() << ": the last write failed: " << status.message();
  environment_.io->Post([this] { DestroyComponents(); });
}

void Pipeline::DestroyComponents() {
  log_->RemoveAppendListener(intake_listener_);
  for (auto& sink : sinks_) {
    if (sink->started) log_->RemoveAppendListener(sink->listener);
    sink->stage.reset();
    sink->sink.reset();
  }
  for (auto& source : sources_) source->source.reset();
  environment_.ingest->Post([this] {
    ingest_.reset();
    running_ = false;
    // The last thing: it may destroy this pipeline.
    std::exchange(stopped_, nullptr)();
  });
}

void Pipeline::WhenFinished(absl::AnyInvocable<void()> done) {
  environment_.io->Post([this, done = std::move(done)]() mutable {
    when_finished_ = std::move(done);
    CheckFinished();
  });
}

void Pipeline::CheckFinished() {
  if (AllFinished()) {
    finished_ = true;
    std::exchange(when_finished_, nullptr)();
    return;
  }
  finished_timer_ =
      environment_.io->PostAfter(kFinishedCheck, [this] { CheckFinished(); });
}

bool Pipeline::AllFinished() {
  bool all = true;
  for (auto& source : sources_) {
    source->finished = source->source->finished();
    all = all && source->finished;
  }
  // The queue stays charged until its events are stored.
  if (!all || queue_->used_bytes() != 0) return false;
  for (const CursorInfo& cursor : log_->Cursors()) {
    if (!cursor.state.parked() && cursor.waiting != 0) return false;
  }
  return true;
}

admin::v1::PipelineStatus Pipeline::Status() const {
  admin::v1::PipelineStatus status = DescribePipeline(
      spec_, *log_, health_, health_.Get(kLogComponent), *environment_.metrics);
  for (int i = 0; i < status.sources_size(); ++i) {
    status.mutable_sources(i)->set_finished(sources_[i]->finished);
  }
  status.set_finished(finished_);
  DescribeBacklogs(status);
  DescribeMemory(status);
  return status;
}

void Pipeline::DescribeMemory(admin::v1::PipelineStatus& status) const {
  admin::v1::MemoryStatus& memory = *status.mutable_memory();
  memory.set_queue_bytes(queue_->used_bytes());
  memory.set_tail_bytes(status.log().tail_bytes());
  for (const auto& sink : sinks_) {
    memory.set_window_bytes(memory.window_bytes() +
                            sink->progress->window_bytes());
  }
  memory.set_dedupe_bytes(environment_.max_dedupe_keys * kBytesPerDedupeKey);
}

void Pipeline::DescribeBacklogs(admin::v1::PipelineStatus& status) const {
  const absl::Duration now = environment_.io->MonotonicNow();
  for (admin::v1::SinkStatus& sink : *status.mutable_sinks()) {
    const auto running =
        std::find_if(sinks_.begin(), sinks_.end(), [&](const auto& candidate) {
          return candidate->context.name == sink.name();
        });
    if (running == sinks_.end()) continue;
    const SinkProgress& progress = *(*running)->progress;
    BacklogFacts facts;
    facts.waiting = sink.waiting();
    facts.delivered = progress.done().PerSecond(now);
    facts.taken_in = intake_.PerSecond(now);
    if (sink.backlog().allowed_per_second() > 0) {
      facts.allowed = sink.backlog().allowed_per_second();
    }
    facts.held = progress.held_until() - now;
    *sink.mutable_backlog() = ForecastBacklog(facts);
    if (const absl::Time oldest = OldestWaiting(sink, progress);
        oldest != absl::InfiniteFuture()) {
      *sink.mutable_oldest_waiting() = ToTimestamp(oldest);
    }
  }
}

absl::Time Pipeline::OldestWaiting(const admin::v1::SinkStatus& sink,
                                   const SinkProgress& progress) const {
  if (sink.waiting() == 0) return absl::InfiniteFuture();
  if (const int64_t nanos = progress.oldest_waiting_unix_nanos(); nanos != 0) {
    return absl::FromUnixNanos(nanos);
  }
  // Nothing is read by a sink that could not be started.
  const absl::StatusOr<std::vector<LogBatch>> batches =
      log_->Read(sink.next_sequence(), /*max_bytes=*/1);
  if (!batches.ok() || batches->empty()) return absl::InfiniteFuture();
  const LogBatch& batch = batches->front();
  const Sequence first = std::max(batch.first_sequence, sink.next_sequence());
  return batch.events->event(first - batch.first_sequence).ingest_time();
}

}  // namespace sluice
