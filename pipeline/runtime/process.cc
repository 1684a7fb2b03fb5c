#include "pipeline/runtime/process.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/monitoring/monitoring_server.h"
#include "pipeline/rate/rate_budget.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/pipeline_set.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/memory_plan.h"
#include "pipeline/topology/spec_changes.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// One thread's randomness.
struct Randomness {
  std::mt19937_64 engine{std::random_device()()};
  absl::BitGenRef ref{engine};
};

absl::Status CheckMemory(const ProcessSpec& spec) {
  const uint64_t least = LeastMemory(spec);
  if (spec.memory_bytes >= least) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "memory_bytes: ", spec.memory_bytes,
      " is not enough for these pipelines; give at least ", least));
}

class RunningProcess final : public Process {
 public:
  ~RunningProcess() override { Stop(absl::ZeroDuration()); }

  absl::Status Init(const ProcessSpec& spec);

  void Stop(absl::Duration grace) override;
  admin::v1::ProcessStatus Status() const override;
  absl::Status PostToLog(std::string_view pipeline,
                         absl::AnyInvocable<void(EventLog&)> task) override;
  absl::StatusOr<ComponentChanges> Apply(const ProcessSpec& spec,
                                         absl::Duration grace) override;
  absl::StatusOr<ComponentChanges> Preview(const ProcessSpec& spec) override;
  absl::Status Retarget(
      std::string_view pipeline, absl::Duration grace,
      absl::FunctionRef<absl::Status(PipelineTarget&)> edit) override;
  absl::Status PauseFor(
      std::string_view pipeline, const std::string& sink, absl::Duration grace,
      absl::AnyInvocable<absl::Status(EventLog&)> between) override;
  absl::Status CheckPipeline(std::string_view name) const override {
    if (state_ == admin::v1::PROCESS_STARTING) {
      return absl::UnavailableError("the process is starting");
    }
    return pipelines_->CheckPipeline(name);
  }
  absl::StatusOr<KeptPipeline> Delete(const std::string& pipeline, bool discard,
                                      bool dry_run) override;
  std::vector<std::string> RemovedPipelines() override;
  absl::Status ReadLog(
      std::string_view pipeline,
      absl::FunctionRef<absl::Status(EventLog&)> look) override;
  absl::StatusOr<Pipeline::PendingDeliveries> FindPending(
      std::string_view pipeline, Sequence sequence) override;
  void WhenFinished(absl::AnyInvocable<void()> done) override;
  std::string monitoring_address() const override {
    return monitoring_ == nullptr ? "" : monitoring_->address();
  }
  std::vector<ThreadWatch::Thread> threads() override {
    return {{"io", io_.get()}, {"ingest", ingest_.get()}};
  }

 private:
  absl::Status StartMonitoring(const ProcessSpec& spec);
  void DescribeMemory(admin::v1::ProcessStatus& status) const;
  absl::Status CheckChange(const ProcessSpec& spec) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);
  absl::Status CheckRunning() const;

  // In order of construction: what is above outlives what is below.
  std::unique_ptr<DataDirectory> directory_;
  uint64_t memory_bytes_ = 0;
  RocksDbLogResources log_memory_;
  MetricRegistry metrics_;
  RateBudgets rate_budgets_;
  Randomness io_random_;
  Randomness ingest_random_;
  std::unique_ptr<HttpLoop> io_;
  std::unique_ptr<ThreadExecutor> ingest_;
  // Not looked at from other threads while the process starts.
  std::unique_ptr<PipelineSet> pipelines_;
  const absl::Time start_time_ = Clock::Real()->Now();
  std::atomic<admin::v1::ProcessState> state_{admin::v1::PROCESS_STARTING};

  // Held while something changes.
  absl::Mutex change_mu_;
  ProcessSpec spec_ ABSL_GUARDED_BY(change_mu_);
  bool stopped_ ABSL_GUARDED_BY(change_mu_) = false;

  std::unique_ptr<MonitoringServer> monitoring_;
};

absl::Status RunningProcess::Init(const ProcessSpec& spec) {
  SLUICE_RETURN_IF_ERROR(CheckMemory(spec));
  SLUICE_ASSIGN_OR_RETURN(directory_, DataDirectory::Open(spec.data_dir));
  HttpLoopOptions loop_options;
  loop_options.name = "io";
  io_ = HttpLoop::Create(loop_options);
  ingest_ = std::make_unique<ThreadExecutor>("ingest");
  memory_bytes_ = spec.memory_bytes;
  SLUICE_RETURN_IF_ERROR(StartMonitoring(spec));
  log_memory_ = RocksDbLogResources::Make(PlanMemory(spec).rocksdb);
  PipelineSet::Parts parts;
  parts.directory = directory_.get();
  parts.log_memory = log_memory_;
  parts.environment.io = io_.get();
  parts.environment.http = io_.get();
  parts.environment.io_random = &io_random_.ref;
  parts.environment.ingest = ingest_.get();
  parts.environment.ingest_random = &ingest_random_.ref;
  parts.environment.metrics = &metrics_;
  parts.environment.rate_budgets = &rate_budgets_;
  parts.environment.clock = Clock::Real();
  pipelines_ = std::make_unique<PipelineSet>(std::move(parts));
  absl::MutexLock lock(&change_mu_);
  SLUICE_RETURN_IF_ERROR(
      pipelines_->Reach(spec, absl::ZeroDuration()).status());
  spec_ = spec;
  state_ = admin::v1::PROCESS_RUNNING;
  return absl::OkStatus();
}

absl::Status RunningProcess::StartMonitoring(const ProcessSpec& spec) {
  if (!spec.monitoring.has_value()) return absl::OkStatus();
  MonitoringServer::Parts parts;
  parts.status = [this] { return Status(); };
  parts.metrics = &metrics_;
  parts.data_dir = spec.data_dir;
  parts.threads = threads();
  SLUICE_ASSIGN_OR_RETURN(
      monitoring_, MonitoringServer::Start(*spec.monitoring, std::move(parts)));
  return absl::OkStatus();
}

void RunningProcess::Stop(absl::Duration grace) {
  absl::MutexLock lock(&change_mu_);
  if (stopped_) return;
  stopped_ = true;
  state_ = admin::v1::PROCESS_STOPPING;
  if (pipelines_ != nullptr) pipelines_->Stop(grace);
  state_ = admin::v1::PROCESS_STOPPED;
}

absl::Status RunningProcess::CheckRunning() const {
  if (state_ == admin::v1::PROCESS_RUNNING) return absl::OkStatus();
  return absl::UnavailableError("the process is not running");
}

absl::Status RunningProcess::CheckChange(const ProcessSpec& spec) const {
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  if (const std::vector<std::string> fixed = FixedChanges(spec_, spec);
      !fixed.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(absl::StrJoin(fixed, ", "),
                     ": only a restart of the process can change this"));
  }
  return CheckMemory(spec);
}

absl::StatusOr<ComponentChanges> RunningProcess::Preview(
    const ProcessSpec& spec) {
  absl::MutexLock lock(&change_mu_);
  SLUICE_RETURN_IF_ERROR(CheckChange(spec));
  return pipelines_->Preview(spec);
}

absl::StatusOr<ComponentChanges> RunningProcess::Apply(const ProcessSpec& spec,
                                                       absl::Duration grace) {
  absl::MutexLock lock(&change_mu_);
  SLUICE_RETURN_IF_ERROR(CheckChange(spec));
  SLUICE_ASSIGN_OR_RETURN(ComponentChanges changes,
                          pipelines_->Reach(spec, grace));
  spec_ = spec;
  return changes;
}

absl::Status RunningProcess::Retarget(
    std::string_view pipeline, absl::Duration grace,
    absl::FunctionRef<absl::Status(PipelineTarget&)> edit) {
  absl::MutexLock lock(&change_mu_);
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  return pipelines_->Retarget(pipeline, grace, edit);
}

absl::Status RunningProcess::PauseFor(
    std::string_view pipeline, const std::string& sink, absl::Duration grace,
    absl::AnyInvocable<absl::Status(EventLog&)> between) {
  absl::MutexLock lock(&change_mu_);
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  return pipelines_->PauseFor(pipeline, sink, grace, std::move(between));
}

absl::StatusOr<KeptPipeline> RunningProcess::Delete(const std::string& pipeline,
                                                    bool discard,
                                                    bool dry_run) {
  absl::MutexLock lock(&change_mu_);
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  return pipelines_->Delete(pipeline, discard, dry_run);
}

std::vector<std::string> RunningProcess::RemovedPipelines() {
  if (!CheckRunning().ok()) return {};
  return pipelines_->Removed();
}

absl::Status RunningProcess::ReadLog(
    std::string_view pipeline,
    absl::FunctionRef<absl::Status(EventLog&)> look) {
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  return pipelines_->ReadLog(pipeline, look);
}

absl::StatusOr<Pipeline::PendingDeliveries> RunningProcess::FindPending(
    std::string_view pipeline, Sequence sequence) {
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  Pipeline::PendingDeliveries found;
  absl::Notification done;
  SLUICE_RETURN_IF_ERROR(pipelines_->FindPending(
      pipeline, sequence, [&](Pipeline::PendingDeliveries pending) {
        found = std::move(pending);
        done.Notify();
      }));
  done.WaitForNotification();
  return found;
}

admin::v1::ProcessStatus RunningProcess::Status() const {
  admin::v1::ProcessStatus status;
  *status.mutable_time() = ToTimestamp(Clock::Real()->Now());
  *status.mutable_start_time() = ToTimestamp(start_time_);
  status.set_state(state_);
  if (status.state() == admin::v1::PROCESS_STARTING) return status;
  pipelines_->ForEach([&status](const Pipeline& pipeline) {
    *status.add_pipelines() = pipeline.Status();
  });
  DescribeMemory(status);
  for (const MetricSample& sample : metrics_.Snapshot()) {
    if (sample.kind == MetricKind::kHistogram) continue;  // Not one number.
    admin::v1::Metric* metric = status.add_metrics();
    metric->set_name(sample.name);
    metric->set_value(sample.value);
    for (const auto& [name, value] : sample.labels) {
      admin::v1::Metric::Label* label = metric->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
  }
  return status;
}

void RunningProcess::DescribeMemory(admin::v1::ProcessStatus& status) const {
  admin::v1::MemoryStatus* total = status.mutable_memory();
  for (const admin::v1::PipelineStatus& pipeline : status.pipelines()) {
    const admin::v1::MemoryStatus& memory = pipeline.memory();
    total->set_queue_bytes(total->queue_bytes() + memory.queue_bytes());
    total->set_tail_bytes(total->tail_bytes() + memory.tail_bytes());
    total->set_window_bytes(total->window_bytes() + memory.window_bytes());
    total->set_dedupe_bytes(total->dedupe_bytes() + memory.dedupe_bytes());
  }
  total->set_log_bytes(log_memory_.used_bytes());
  total->set_used_bytes(total->queue_bytes() + total->tail_bytes() +
                        total->window_bytes() + total->dedupe_bytes() +
                        total->log_bytes());
  total->set_limit_bytes(memory_bytes_);
}

absl::Status RunningProcess::PostToLog(
    std::string_view pipeline, absl::AnyInvocable<void(EventLog&)> task) {
  SLUICE_RETURN_IF_ERROR(CheckRunning());
  return pipelines_->PostToLog(pipeline, std::move(task));
}

void RunningProcess::WhenFinished(absl::AnyInvocable<void()> done) {
  absl::MutexLock lock(&change_mu_);
  pipelines_->WhenFinished(std::move(done));
}

}  // namespace

std::vector<std::string> Process::PipelineNames() const {
  std::vector<std::string> names;
  const admin::v1::ProcessStatus status = Status();
  for (const admin::v1::PipelineStatus& pipeline : status.pipelines()) {
    names.push_back(pipeline.name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Process::CheckPipeline(std::string_view name) const {
  const std::vector<std::string> names = PipelineNames();
  if (std::binary_search(names.begin(), names.end(), name)) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("there is no pipeline ", Quote(name), Suggest(name, names)));
}

absl::StatusOr<std::unique_ptr<Process>> Process::Start(
    const ProcessSpec& spec) {
  auto process = std::make_unique<RunningProcess>();
  SLUICE_RETURN_IF_ERROR(process->Init(spec));
  return process;
}

}  // namespace sluice
