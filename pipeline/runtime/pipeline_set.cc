#include "pipeline/runtime/pipeline_set.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "glog/logging.h"
#include "pipeline/runtime/pipeline_control.h"
#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/spec_changes.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using admin::v1::ComponentChange;

// Name of sources and transforms in a ComponentChange.
constexpr char kIntake[] = "sources";

absl::Status InPipeline(const std::string& name, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("pipeline ", name, ": ", std::string(status.message())));
}

ComponentChange MakeChange(ComponentChange::Action action,
                           const std::string& pipeline,
                           const std::string& component = "") {
  ComponentChange change;
  change.set_action(action);
  change.set_pipeline(pipeline);
  change.set_component(component);
  return change;
}

void Describe(const std::string& pipeline, const PipelineChanges& changes,
              ComponentChanges& described) {
  const auto add = [&](ComponentChange::Action action,
                       const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      described.push_back(MakeChange(action, pipeline, name));
    }
  };
  if (changes.intake) add(ComponentChange::REPLACED, {kIntake});
  add(ComponentChange::STARTED, changes.added_sinks);
  add(ComponentChange::STOPPED, changes.removed_sinks);
  add(ComponentChange::REPLACED, changes.changed_sinks);
}

// Makes and drops every component of `spec`.
absl::Status TryToMake(const PipelineSpec& spec) {
  const auto check = [&](const absl::Status& status, const char* kind,
                         const std::string& name) {
    if (status.ok()) return status;
    return absl::Status(status.code(),
                        absl::StrCat(kind, " ", spec.name, ".", name, ": ",
                                     std::string(status.message())));
  };
  for (const SourceSpec& source : spec.sources) {
    SLUICE_RETURN_IF_ERROR(
        check(source.create().status(), "source", source.name));
  }
  for (const TransformSpec& transform : spec.transforms) {
    SLUICE_RETURN_IF_ERROR(
        check(transform.create().status(), "transform", transform.plugin));
  }
  for (const SinkSpec& sink : spec.sinks) {
    SLUICE_RETURN_IF_ERROR(check(sink.create().status(), "sink", sink.name));
  }
  return absl::OkStatus();
}

bool Same(const PipelineMemory& a, const PipelineMemory& b) {
  return a.piece == b.piece && a.queue == b.queue && a.tail == b.tail &&
         a.window == b.window && a.dedupe == b.dedupe;
}

}  // namespace

struct PipelineSet::Difference {
  struct Wanted {
    const PipelineSpec* spec = nullptr;
    PipelineMemory memory;
  };
  std::map<std::string, Wanted> added;
  // Have to be opened anew: the log, or the share of memory, is another one.
  std::map<std::string, Wanted> reopened;
  // Some of their components are others.
  std::map<std::string, Wanted> changed;
  std::set<std::string> removed;
  ComponentChanges described;
};

class PipelineSet::Readers {
 public:
  void Enter() {
    absl::MutexLock lock(&mu_);
    ++count_;
  }
  void Leave() {
    absl::MutexLock lock(&mu_);
    --count_;
  }
  // REQUIRES: nobody enters any more.
  void AwaitNone() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(
        +[](int* count) { return *count == 0; }, &count_));
  }

 private:
  absl::Mutex mu_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

// Waits for the pipelines to come to their ends.
class PipelineSet::Watch {
 public:
  explicit Watch(absl::AnyInvocable<void()> done) : done_(std::move(done)) {}

  void Add(const std::string& name) {
    absl::MutexLock lock(&mu_);
    running_.insert(name);
  }

  // `name` has finished, or is gone.
  void End(const std::string& name) {
    absl::AnyInvocable<void()> done;
    {
      absl::MutexLock lock(&mu_);
      running_.erase(name);
      if (running_.empty()) done = std::exchange(done_, nullptr);
    }
    if (done) done();
  }

 private:
  absl::Mutex mu_;
  std::set<std::string> running_ ABSL_GUARDED_BY(mu_);
  absl::AnyInvocable<void()> done_ ABSL_GUARDED_BY(mu_);
};

PipelineSet::Difference PipelineSet::Compare(const ProcessSpec& spec,
                                             const MemoryPlan& plan) const {
  Difference difference;
  std::set<std::string> kept;
  for (size_t i = 0; i < spec.pipelines.size(); ++i) {
    const PipelineSpec& wanted = spec.pipelines[i];
    kept.insert(wanted.name);
    const auto found = entries_.find(wanted.name);
    if (found == entries_.end()) {
      difference.added[wanted.name] = {&wanted, plan.pipelines[i]};
      difference.described.push_back(
          MakeChange(ComponentChange::STARTED, wanted.name));
      continue;
    }
    const PipelineChanges changes =
        sluice::Compare(found->second.pipeline->target().spec, wanted);
    if (changes.log || !Same(found->second.memory, plan.pipelines[i])) {
      difference.reopened[wanted.name] = {&wanted, plan.pipelines[i]};
      difference.described.push_back(
          MakeChange(ComponentChange::REPLACED, wanted.name));
    } else if (!changes.empty()) {
      difference.changed[wanted.name] = {&wanted, plan.pipelines[i]};
      Describe(wanted.name, changes, difference.described);
    }
  }
  for (const auto& [name, entry] : entries_) {
    if (kept.contains(name)) continue;
    difference.removed.insert(name);
    difference.described.push_back(MakeChange(ComponentChange::STOPPED, name));
  }
  std::stable_sort(difference.described.begin(), difference.described.end(),
                   [](const ComponentChange& a, const ComponentChange& b) {
                     return a.pipeline() < b.pipeline();
                   });
  return difference;
}

absl::StatusOr<ComponentChanges> PipelineSet::Preview(
    const ProcessSpec& spec) const {
  Difference difference = Compare(spec, PlanMemory(spec));
  for (const auto* some :
       {&difference.added, &difference.reopened, &difference.changed}) {
    for (const auto& [name, wanted] : *some) {
      SLUICE_RETURN_IF_ERROR(InPipeline(name, TryToMake(*wanted.spec)));
    }
  }
  return std::move(difference.described);
}

absl::StatusOr<ComponentChanges> PipelineSet::Reach(const ProcessSpec& spec,
                                                    absl::Duration grace) {
  SLUICE_RETURN_IF_ERROR(Preview(spec).status());
  const ProcessSpec before = CurrentSpec();
  absl::StatusOr<ComponentChanges> reached = ReachOnce(spec, grace);
  if (reached.ok()) return reached;
  const absl::Status back = ReachOnce(before, grace).status();
  if (back.ok()) return reached;
  LOG(ERROR) << "the configuration before cannot be run any more: " << back;
  return absl::Status(
      reached.status().code(),
      absl::StrCat(std::string(reached.status().message()),
                   "; and the configuration before cannot be run any more: ",
                   std::string(back.message())));
}

ProcessSpec PipelineSet::CurrentSpec() const {
  ProcessSpec spec;
  spec.memory_bytes = memory_bytes_;
  for (const auto& [name, entry] : entries_) {
    spec.pipelines.push_back(entry.pipeline->target().spec);
  }
  return spec;
}

absl::StatusOr<ComponentChanges> PipelineSet::ReachOnce(const ProcessSpec& spec,
                                                        absl::Duration grace) {
  Difference difference = Compare(spec, PlanMemory(spec));
  SetOpening(difference);
  const absl::Cleanup open = [this] { SetOpening({}); };
  std::map<std::string, std::unique_ptr<Pipeline>> opened;
  for (const auto& [name, wanted] : difference.added) {
    absl::StatusOr<std::unique_ptr<Pipeline>> pipeline =
        Open(*wanted.spec, wanted.memory);
    if (!pipeline.ok()) return InPipeline(name, pipeline.status());
    opened[name] = *std::move(pipeline);
  }
  SLUICE_RETURN_IF_ERROR(Change(difference, grace));
  std::set<std::string> closed = difference.removed;
  for (const auto& [name, wanted] : difference.reopened) closed.insert(name);
  Remove(closed, grace);
  for (const auto& [name, wanted] : difference.reopened) {
    absl::StatusOr<std::unique_ptr<Pipeline>> pipeline =
        Open(*wanted.spec, wanted.memory);
    if (!pipeline.ok()) return InPipeline(name, pipeline.status());
    Start(*std::move(pipeline), wanted.memory);
  }
  for (auto& [name, pipeline] : opened) {
    Start(std::move(pipeline), difference.added.at(name).memory);
  }
  memory_bytes_ = spec.memory_bytes;
  if (watch_ != nullptr) {
    for (const std::string& name : difference.removed) watch_->End(name);
  }
  return std::move(difference.described);
}

// Makes other components of pipelines that go on.
absl::Status PipelineSet::Change(const Difference& difference,
                                 absl::Duration grace) {
  std::vector<std::pair<Pipeline*, PipelineChange>> changes;
  for (const auto& [name, wanted] : difference.changed) {
    Pipeline* const pipeline = Find(name);
    PipelineTarget target = pipeline->target();
    target.spec = *wanted.spec;
    // A paused sink that is gone stays paused, should it come back.
    absl::StatusOr<PipelineChange> change = pipeline->Plan(std::move(target));
    if (!change.ok()) return InPipeline(name, change.status());
    changes.emplace_back(pipeline, *std::move(change));
  }
  std::vector<absl::Status> results(changes.size());
  absl::BlockingCounter running(static_cast<int>(changes.size()));
  for (size_t i = 0; i < changes.size(); ++i) {
    changes[i].first->Carry(std::move(changes[i].second), grace,
                            [&results, &running, i](absl::Status status) {
                              results[i] = std::move(status);
                              running.DecrementCount();
                            });
  }
  running.Wait();
  for (size_t i = 0; i < changes.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(InPipeline(changes[i].first->name(), results[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Pipeline>> PipelineSet::Open(
    const PipelineSpec& spec, const PipelineMemory& memory) const {
  SLUICE_ASSIGN_OR_RETURN(const std::string path,
                          parts_.directory->LogPath(spec.name));
  PipelineTarget target;
  target.spec = spec;
  SLUICE_RETURN_IF_ERROR(LoadControl(ControlPath(spec.name), target));
  RocksDbLogOptions log_options;
  log_options.log = spec.log;
  log_options.log.tail_bytes = memory.tail;
  log_options.resources = parts_.log_memory;
  SLUICE_ASSIGN_OR_RETURN(
      std::unique_ptr<EventLog> log,
      RocksDbEventLog::Open(path, log_options, Clock::Real()));
  PipelineEnvironment environment = parts_.environment;
  environment.queue_bytes = memory.queue;
  environment.window_bytes = memory.window;
  environment.max_dedupe_keys = memory.max_dedupe_keys();
  return Pipeline::Create(target, environment, std::move(log));
}

std::string PipelineSet::ControlPath(const std::string& name) const {
  return absl::StrCat(parts_.directory->path(), "/pipelines/", name,
                      "/control");
}

void PipelineSet::Start(std::unique_ptr<Pipeline> pipeline,
                        const PipelineMemory& memory) {
  pipeline->Start();
  if (watch_ != nullptr) WatchForEnd(*pipeline);
  absl::MutexLock lock(&mu_);
  Entry& entry = entries_[pipeline->name()];
  entry.memory = memory;
  entry.readers = std::make_shared<Readers>();
  entry.pipeline = std::move(pipeline);
}

void PipelineSet::SetOpening(const Difference& difference) {
  std::set<std::string, std::less<>> names;
  for (const auto* some : {&difference.added, &difference.reopened}) {
    for (const auto& [name, wanted] : *some) names.insert(name);
  }
  absl::MutexLock lock(&mu_);
  opening_ = std::move(names);
}

void PipelineSet::Remove(const std::set<std::string>& names,
                         absl::Duration grace) {
  absl::BlockingCounter running(static_cast<int>(names.size()));
  for (const std::string& name : names) {
    Find(name)->Stop(grace, [&running] { running.DecrementCount(); });
  }
  running.Wait();
  std::vector<Entry> removed;
  {
    absl::MutexLock lock(&mu_);
    for (const std::string& name : names) {
      removed.push_back(std::move(entries_.extract(name).mapped()));
    }
  }
  for (const Entry& entry : removed) entry.readers->AwaitNone();
  // Others may have had something to do with the logs before.
  absl::Notification idle;
  parts_.environment.ingest->Post([&idle] { idle.Notify(); });
  idle.WaitForNotification();
}

absl::Status PipelineSet::Retarget(
    std::string_view pipeline, absl::Duration grace,
    absl::FunctionRef<absl::Status(PipelineTarget&)> edit) {
  Pipeline* const found = Find(pipeline);
  if (found == nullptr) return NoPipeline(pipeline);
  const PipelineTarget before = found->target();
  PipelineTarget target = before;
  SLUICE_RETURN_IF_ERROR(edit(target));
  const std::string path = ControlPath(found->name());
  SLUICE_ASSIGN_OR_RETURN(PipelineChange change, found->Plan(target));
  SLUICE_RETURN_IF_ERROR(SaveControl(path, target));
  absl::Status result = CarryOut(*found, std::move(change), grace);
  if (result.ok()) return result;
  const absl::Status restored = SaveControl(path, before);
  LOG_IF(WARNING, !restored.ok()) << restored.message();
  return result;
}

absl::Status PipelineSet::PauseFor(
    std::string_view pipeline, const std::string& sink, absl::Duration grace,
    absl::AnyInvocable<absl::Status(EventLog&)> between) {
  Pipeline* const found = Find(pipeline);
  if (found == nullptr) return NoPipeline(pipeline);
  SLUICE_ASSIGN_OR_RETURN(PipelineChange change,
                          found->PlanPause(sink, std::move(between)));
  return CarryOut(*found, std::move(change), grace);
}

absl::Status PipelineSet::CarryOut(Pipeline& pipeline, PipelineChange change,
                                   absl::Duration grace) {
  absl::Status result;
  absl::Notification done;
  pipeline.Carry(std::move(change), grace, [&](absl::Status status) {
    result = std::move(status);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

absl::StatusOr<KeptPipeline> PipelineSet::Delete(const std::string& name,
                                                 bool discard,
                                                 bool dry_run) const {
  if (Find(name) != nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("pipeline ", Quote(name),
                     " is configured; only one that is not can be deleted"));
  }
  const std::vector<std::string> removed = Removed();
  if (std::find(removed.begin(), removed.end(), name) == removed.end()) {
    return absl::NotFoundError(absl::StrCat(
        "nothing is kept of a pipeline ", Quote(name), Suggest(name, removed)));
  }
  absl::StatusOr<KeptPipeline> kept =
      LookAtKept(PipelineLogPath(parts_.directory->path(), name));
  if (!discard) {
    SLUICE_RETURN_IF_ERROR(InPipeline(name, kept.status()));
    SLUICE_RETURN_IF_ERROR(InPipeline(name, kept->CheckDone()));
  }
  if (!dry_run) {
    SLUICE_RETURN_IF_ERROR(parts_.directory->RemovePipeline(name));
  }
  // What could not be looked at is not known.
  return kept.ok() ? *kept : KeptPipeline();
}

void PipelineSet::Stop(absl::Duration grace) {
  absl::BlockingCounter running(static_cast<int>(entries_.size()));
  for (auto& [name, entry] : entries_) {
    entry.pipeline->Stop(grace, [&running] { running.DecrementCount(); });
  }
  running.Wait();
}

Pipeline* PipelineSet::Find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.pipeline.get();
}

absl::Status PipelineSet::NoPipeline(std::string_view name) const {
  if (opening_.find(name) != opening_.end()) {
    return absl::UnavailableError(absl::StrCat(
        "pipeline ", Quote(name), " is just being opened; try again"));
  }
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries_) names.push_back(known);
  return absl::NotFoundError(
      absl::StrCat("there is no pipeline ", Quote(name), Suggest(name, names)));
}

absl::Status PipelineSet::CheckPipeline(std::string_view name) const {
  absl::ReaderMutexLock lock(&mu_);
  return Find(name) == nullptr ? NoPipeline(name) : absl::OkStatus();
}

std::vector<std::string> PipelineSet::Removed() const {
  std::vector<std::string> names = PipelinesWithLog(parts_.directory->path())
                                       .value_or(std::vector<std::string>());
  absl::ReaderMutexLock lock(&mu_);
  names.erase(std::remove_if(names.begin(), names.end(),
                             [this](const std::string& name) {
                               return Find(name) != nullptr ||
                                      opening_.contains(name);
                             }),
              names.end());
  return names;
}

void PipelineSet::ForEach(
    absl::FunctionRef<void(const Pipeline&)> visit) const {
  absl::ReaderMutexLock lock(&mu_);
  for (const auto& [name, entry] : entries_) visit(*entry.pipeline);
}

absl::Status PipelineSet::PostToLog(
    std::string_view pipeline, absl::AnyInvocable<void(EventLog&)> task) const {
  absl::ReaderMutexLock lock(&mu_);
  Pipeline* const found = Find(pipeline);
  if (found == nullptr) return NoPipeline(pipeline);
  // Within the lock: a pipeline that goes waits for what was posted before.
  parts_.environment.ingest->Post(
      [log = found->log(), task = std::move(task)]() mutable { task(*log); });
  return absl::OkStatus();
}

absl::Status PipelineSet::ReadLog(
    std::string_view pipeline,
    absl::FunctionRef<absl::Status(EventLog&)> look) const {
  EventLog* log = nullptr;
  std::shared_ptr<Readers> readers;
  {
    absl::ReaderMutexLock lock(&mu_);
    const auto found = entries_.find(pipeline);
    if (found == entries_.end()) return NoPipeline(pipeline);
    log = found->second.pipeline->log();
    readers = found->second.readers;
    readers->Enter();
  }
  absl::Status status = look(*log);
  readers->Leave();
  return status;
}

absl::Status PipelineSet::FindPending(
    std::string_view pipeline, Sequence sequence,
    absl::AnyInvocable<void(Pipeline::PendingDeliveries)> done) const {
  absl::ReaderMutexLock lock(&mu_);
  Pipeline* const found = Find(pipeline);
  if (found == nullptr) return NoPipeline(pipeline);
  // Within the lock: a pipeline that goes waits for what was posted before.
  found->FindPending(sequence, std::move(done));
  return absl::OkStatus();
}

void PipelineSet::WhenFinished(absl::AnyInvocable<void()> done) {
  watch_ = std::make_shared<Watch>(std::move(done));
  for (auto& [name, entry] : entries_) watch_->Add(name);
  for (auto& [name, entry] : entries_) WatchForEnd(*entry.pipeline);
}

void PipelineSet::WatchForEnd(Pipeline& pipeline) {
  watch_->Add(pipeline.name());
  pipeline.WhenFinished(
      [watch = watch_, name = pipeline.name()] { watch->End(name); });
}

}  // namespace sluice
