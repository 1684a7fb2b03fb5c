#include "pipeline/runtime/pipeline.h"

#include <algorithm>
#include <utility>

#include "glog/logging.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/runtime/stop_step.h"
#include "pipeline/topology/memory_plan.h"
#include "pipeline/topology/spec_changes.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr absl::Duration kFinishedCheck = absl::Milliseconds(100);

// What of `target.spec` is to run. An intake without sources writes what sinks
// commit.
PipelineSpec ActiveSpec(const PipelineTarget& target) {
  PipelineSpec active = target.spec;
  if (target.state != admin::v1::PIPELINE_RUNNING) active.sources.clear();
  std::erase_if(active.sinks, [&](const SinkSpec& sink) {
    return target.state == admin::v1::PIPELINE_PAUSED ||
           target.paused_sinks.contains(sink.name);
  });
  return active;
}

bool HasSink(const PipelineSpec& spec, const std::string& name) {
  return std::any_of(spec.sinks.begin(), spec.sinks.end(),
                     [&](const SinkSpec& sink) { return sink.name == name; });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pipeline>> Pipeline::Create(
    const PipelineTarget& target, const PipelineEnvironment& environment,
    std::unique_ptr<EventLog> log) {
  std::unique_ptr<Pipeline> pipeline(
      new Pipeline(target.spec.name, environment, std::move(log)));
  SLUICE_RETURN_IF_ERROR(pipeline->FillDedupe(target.spec.log));
  SLUICE_ASSIGN_OR_RETURN(pipeline->first_, pipeline->Plan(target));
  SLUICE_RETURN_IF_ERROR(pipeline->OpenCursors(pipeline->first_));
  pipeline->target_ = target;
  SLUICE_RETURN_IF_ERROR(pipeline->ParkUnusedCursors());
  return pipeline;
}

Pipeline::Pipeline(const std::string& name,
                   const PipelineEnvironment& environment,
                   std::unique_ptr<EventLog> log)
    : name_(name),
      environment_(environment),
      log_(std::move(log)),
      health_(name, environment.clock),
      intake_rate_(environment.io->MonotonicNow()) {}

Pipeline::~Pipeline() {
  CHECK(!running_) << "a pipeline is destroyed only after Stop() is done";
}

absl::Status Pipeline::FillDedupe(const LogOptions& options) {
  dedupe_ = std::make_unique<DedupeIndex>(options.dedupe_window,
                                          environment_.max_dedupe_keys);
  return log_->ForEachDedupeKey(
      [this](absl::Time time, DedupeKey key) { dedupe_->Insert(key, time); });
}

absl::StatusOr<PipelineChange> Pipeline::Plan(PipelineTarget target) {
  PipelineChange change;
  change.active = ActiveSpec(target);
  const PipelineChanges differences = Compare(planned_, change.active);
  if (differences.intake || !intake_planned_) {
    SLUICE_ASSIGN_OR_RETURN(
        change.intake,
        Intake::Create(change.active, {.environment = &environment_,
                                       .log = log_.get(),
                                       .dedupe = dedupe_.get(),
                                       .health = &health_}));
  }
  change.stopped.insert(differences.removed_sinks.begin(),
                        differences.removed_sinks.end());
  change.stopped.insert(differences.changed_sinks.begin(),
                        differences.changed_sinks.end());
  for (const SinkSpec& sink : change.active.sinks) {
    if (HasSink(planned_, sink.name) && !change.stopped.contains(sink.name)) {
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(
        auto running,
        RunningSink::Create(name_, sink, environment_, log_.get(), &health_));
    change.started.push_back(std::move(running));
  }
  const PipelineSpec present = this->target().spec;
  for (const SinkSpec& sink : target.spec.sinks) {
    if (!HasSink(present, sink.name)) change.added.push_back(sink);
  }
  change.target = std::move(target);
  return change;
}

absl::StatusOr<PipelineChange> Pipeline::PlanPause(
    const std::string& sink,
    absl::AnyInvocable<absl::Status(EventLog&)> between) {
  PipelineChange change;
  change.target = target();
  change.active = planned_;
  for (const SinkSpec& spec : planned_.sinks) {
    if (spec.name != sink) continue;
    SLUICE_ASSIGN_OR_RETURN(
        auto running,
        RunningSink::Create(name_, spec, environment_, log_.get(), &health_));
    change.stopped.insert(sink);
    change.started.push_back(std::move(running));
  }
  change.between = std::move(between);
  return change;
}

// All or none. On `ingest`, once it runs.
absl::Status Pipeline::OpenCursors(const PipelineChange& change) {
  for (const SinkSpec& sink : change.added) {
    const absl::Status opened =
        log_->OpenCursor(sink.name, sink.start_from_oldest).status();
    if (opened.ok()) continue;
    const absl::Status parked = ParkUnusedCursors();
    LOG_IF(WARNING, !parked.ok()) << name_ << ": " << parked.message();
    return opened;
  }
  return absl::OkStatus();
}

absl::Status Pipeline::ParkUnusedCursors() {
  const PipelineSpec spec = target().spec;
  for (const CursorInfo& cursor : log_->Cursors()) {
    if (cursor.state.parked() || HasSink(spec, cursor.name)) continue;
    LOG(WARNING) << name_ << ": sink " << cursor.name
                 << " is not configured any more; its cursor is parked with "
                 << cursor.waiting << " events waiting";
    SLUICE_RETURN_IF_ERROR(log_->ParkCursor(cursor.name));
  }
  return absl::OkStatus();
}

void Pipeline::Start() {
  running_ = true;
  planned_ = first_.active;
  intake_planned_ = true;
  environment_.io->Post([this] {
    MeasureIntake();
    Install(std::move(first_));
  });
}

void Pipeline::MeasureIntake() {
  intake_listener_ = log_->AddAppendListener(
      [this, known = log_->stats().next_sequence](Sequence next) mutable {
        // Events may have come between the two readings.
        if (next > known) {
          intake_rate_.Note(environment_.io->MonotonicNow(), next - known);
        }
        known = next;
      });
}

struct Pipeline::Step {
  PipelineSpec before;  // planned_
  PipelineChange change;
  absl::Duration grace;
  absl::AnyInvocable<void(absl::Status)> done;
  absl::Status result;
};

void Pipeline::Carry(PipelineChange change, absl::Duration grace,
                     absl::AnyInvocable<void(absl::Status)> done) {
  PipelineSpec before = std::exchange(planned_, change.active);
  auto step = std::make_shared<Step>(std::move(before), std::move(change),
                                     grace, std::move(done));
  environment_.ingest->Post([this, step] { BeginStep(step); });
}

// On `ingest`. What can fail comes before anything is stopped.
void Pipeline::BeginStep(const std::shared_ptr<Step>& step) {
  if (const absl::Status opened = OpenCursors(step->change); !opened.ok()) {
    planned_ = std::move(step->before);  // Nobody plans before `done`.
    step->done(opened);
    return;
  }
  environment_.io->Post([this, step] {
    StopParts(step->change.intake != nullptr, step->change.stopped, step->grace,
              [this, step] { DoBetween(step); });
  });
}

void Pipeline::DoBetween(const std::shared_ptr<Step>& step) {
  if (!step->change.between) return EndStep(step);
  environment_.ingest->Post([this, step] {
    step->result = step->change.between(*log_);
    environment_.io->Post([this, step] { EndStep(step); });
  });
}

void Pipeline::EndStep(const std::shared_ptr<Step>& step) {
  Install(std::move(step->change));
  environment_.ingest->Post([this, step] {
    // The next start tries again.
    const absl::Status parked = ParkUnusedCursors();
    LOG_IF(WARNING, !parked.ok()) << name_ << ": " << parked.message();
    step->done(step->result);
  });
}

void Pipeline::StopParts(bool intake, const std::set<std::string>& sinks,
                         absl::Duration grace,
                         absl::AnyInvocable<void()> next) {
  if (!intake) return StopSinks(sinks, grace, std::move(next));
  intake_->Quiesce(
      grace, [this, sinks, grace, next = std::move(next)]() mutable {
        StopSinks(sinks, grace, [this, next = std::move(next)]() mutable {
          intake_->Close(std::move(next));
        });
      });
}

void Pipeline::StopSinks(const std::set<std::string>& names,
                         absl::Duration grace,
                         absl::AnyInvocable<void()> next) {
  // Stages keep to the grace by themselves, so this step has no limit of its
  // own; one extra thing holds it open until all are counted.
  auto step = std::make_shared<StopStep>(environment_.io, names.size() + 1,
                                         std::move(next));
  for (auto& sink : sinks_) {
    if (names.contains(sink->name())) {
      sink->Stop(grace, [step] { step->Done(); });
    }
  }
  step->Done();
}

void Pipeline::Install(PipelineChange change) {
  std::vector<RunningSink*> fresh;
  for (auto& sink : change.started) fresh.push_back(sink.get());
  const bool new_intake = change.intake != nullptr;
  {
    absl::MutexLock lock(&mu_);
    target_ = std::move(change.target);
    if (new_intake) intake_ = std::move(change.intake);
    std::erase_if(sinks_, [&](const auto& sink) {
      return change.stopped.contains(sink->name());
    });
    std::move(change.started.begin(), change.started.end(),
              std::back_inserter(sinks_));
  }
  active_ = std::move(change.active);
  ReportPaused();
  for (RunningSink* sink : fresh) {
    sink->Start([this] { intake_->NotifyProgress(); });
  }
  if (new_intake) intake_->Start();
}

// What does not run says nothing about itself.
void Pipeline::ReportPaused() {
  const Health paused = {HealthState::kPaused, "paused by an operator"};
  for (const SourceSpec& source : target_.spec.sources) {
    if (active_.sources.empty()) health_.reporter(source.name)->Report(paused);
  }
  for (const SinkSpec& sink : target_.spec.sinks) {
    if (!HasSink(active_, sink.name)) {
      health_.reporter(sink.name)->Report(paused);
    }
  }
}

void Pipeline::Stop(absl::Duration grace, absl::AnyInvocable<void()> done) {
  environment_.io->Post([this, grace, done = std::move(done)]() mutable {
    environment_.io->Cancel(finished_timer_);
    std::set<std::string> sinks;
    for (auto& sink : sinks_) sinks.insert(sink->name());
    StopParts(
        intake_ != nullptr, sinks, grace,
        [this, done = std::move(done)]() mutable {
          environment_.ingest->Post([this, done = std::move(done)]() mutable {
            Finish(std::move(done));
          });
        });
  });
}

// On `ingest`.
void Pipeline::Finish(absl::AnyInvocable<void()> done) {
  const absl::Status status = log_->Flush(Durability::kDurable);
  LOG_IF(ERROR, !status.ok())
      << name_ << ": the last write failed: " << status.message();
  log_->RemoveAppendListener(intake_listener_);
  running_ = false;
  // The last thing: it may destroy this pipeline.
  done();
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
  if (target_.state != admin::v1::PIPELINE_RUNNING) return false;
  if (intake_ == nullptr || !intake_->LooksFinished()) return false;
  for (const CursorInfo& cursor : log_->Cursors()) {
    if (!cursor.state.parked() && cursor.waiting != 0) return false;
  }
  return true;
}

void Pipeline::FindPending(Sequence sequence,
                           absl::AnyInvocable<void(PendingDeliveries)> done) {
  environment_.io->Post([this, sequence, done = std::move(done)]() mutable {
    PendingDeliveries found;
    for (const auto& sink : sinks_) {
      if (auto pending = sink->FindPending(sequence); pending.has_value()) {
        found[sink->name()] = *std::move(pending);
      }
    }
    done(std::move(found));
  });
}

PipelineTarget Pipeline::target() const {
  absl::ReaderMutexLock lock(&mu_);
  return target_;
}

admin::v1::PipelineStatus Pipeline::Status() const {
  absl::ReaderMutexLock lock(&mu_);
  admin::v1::PipelineStatus status =
      DescribePipeline(target_.spec, *log_, health_, health_.Get(kLogComponent),
                       *environment_.metrics);
  for (admin::v1::SourceStatus& source : *status.mutable_sources()) {
    source.set_finished(intake_ != nullptr &&
                        intake_->source_finished(source.name()));
  }
  for (admin::v1::SinkStatus& sink : *status.mutable_sinks()) {
    sink.set_paused(target_.paused_sinks.contains(sink.name()));
  }
  status.set_state(target_.state);
  status.set_finished(finished_);
  DescribeBacklogs(status);
  DescribeMemory(status);
  return status;
}

void Pipeline::DescribeMemory(admin::v1::PipelineStatus& status) const {
  admin::v1::MemoryStatus& memory = *status.mutable_memory();
  if (intake_ != nullptr) memory.set_queue_bytes(intake_->queue_bytes());
  memory.set_tail_bytes(status.log().tail_bytes());
  for (const auto& sink : sinks_) {
    memory.set_window_bytes(memory.window_bytes() +
                            sink->progress().window_bytes());
  }
  memory.set_dedupe_bytes(environment_.max_dedupe_keys * kBytesPerDedupeKey);
}

void Pipeline::DescribeBacklogs(admin::v1::PipelineStatus& status) const {
  const absl::Duration now = environment_.io->MonotonicNow();
  for (admin::v1::SinkStatus& sink : *status.mutable_sinks()) {
    const auto running =
        std::find_if(sinks_.begin(), sinks_.end(), [&](const auto& candidate) {
          return candidate->name() == sink.name();
        });
    if (running == sinks_.end()) continue;
    const SinkProgress& progress = (*running)->progress();
    BacklogFacts facts;
    facts.waiting = sink.waiting();
    facts.delivered = progress.done().PerSecond(now);
    facts.taken_in = intake_rate_.PerSecond(now);
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
