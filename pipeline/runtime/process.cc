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
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/util/time_util.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/monitoring/monitoring_server.h"
#include "pipeline/rate/rate_budget.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/pipeline.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/memory_plan.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {
namespace {

// One thread's randomness.
struct Randomness {
  std::mt19937_64 engine{std::random_device()()};
  absl::BitGenRef ref{engine};
};

class RunningProcess final : public Process {
 public:
  ~RunningProcess() override { Stop(absl::ZeroDuration()); }

  absl::Status Init(const ProcessSpec& spec);

  void Stop(absl::Duration grace) override;
  admin::v1::ProcessStatus Status() const override;
  absl::Status PostToLog(std::string_view pipeline,
                         absl::AnyInvocable<void(EventLog&)> task) override;
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
  absl::Status InitPipeline(const PipelineSpec& spec,
                            const PipelineMemory& memory);

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
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
  const absl::Time start_time_ = Clock::Real()->Now();
  std::atomic<admin::v1::ProcessState> state_{admin::v1::PROCESS_STARTING};

  absl::Mutex stop_mu_;
  bool stopped_ ABSL_GUARDED_BY(stop_mu_) = false;

  std::unique_ptr<MonitoringServer> monitoring_;
};

absl::Status RunningProcess::Init(const ProcessSpec& spec) {
  if (const uint64_t least = LeastMemory(spec); spec.memory_bytes < least) {
    return absl::InvalidArgumentError(absl::StrCat(
        "memory_bytes: ", spec.memory_bytes,
        " is not enough for these pipelines; give at least ", least));
  }
  SLUICE_ASSIGN_OR_RETURN(directory_, DataDirectory::Open(spec.data_dir));
  HttpLoopOptions loop_options;
  loop_options.name = "io";
  io_ = HttpLoop::Create(loop_options);
  ingest_ = std::make_unique<ThreadExecutor>("ingest");
  memory_bytes_ = spec.memory_bytes;
  SLUICE_RETURN_IF_ERROR(StartMonitoring(spec));
  const MemoryPlan plan = PlanMemory(spec);
  log_memory_ = RocksDbLogResources::Make(plan.rocksdb);
  for (size_t i = 0; i < spec.pipelines.size(); ++i) {
    const PipelineSpec& pipeline = spec.pipelines[i];
    const absl::Status status = InitPipeline(pipeline, plan.pipelines[i]);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("pipeline ", pipeline.name, ": ",
                                       std::string(status.message())));
    }
  }
  for (auto& pipeline : pipelines_) pipeline->Start();
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

absl::Status RunningProcess::InitPipeline(const PipelineSpec& spec,
                                          const PipelineMemory& memory) {
  SLUICE_ASSIGN_OR_RETURN(const std::string path,
                          directory_->LogPath(spec.name));
  RocksDbLogOptions log_options;
  log_options.log = spec.log;
  log_options.log.tail_bytes = memory.tail;
  log_options.resources = log_memory_;
  SLUICE_ASSIGN_OR_RETURN(
      std::unique_ptr<EventLog> log,
      RocksDbEventLog::Open(path, log_options, Clock::Real()));
  PipelineEnvironment environment;
  environment.io = io_.get();
  environment.http = io_.get();
  environment.io_random = &io_random_.ref;
  environment.ingest = ingest_.get();
  environment.ingest_random = &ingest_random_.ref;
  environment.metrics = &metrics_;
  environment.rate_budgets = &rate_budgets_;
  environment.clock = Clock::Real();
  environment.queue_bytes = memory.queue;
  environment.window_bytes = memory.window;
  environment.max_dedupe_keys = memory.max_dedupe_keys();
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Pipeline> pipeline,
                          Pipeline::Create(spec, environment, std::move(log)));
  pipelines_.push_back(std::move(pipeline));
  return absl::OkStatus();
}

void RunningProcess::Stop(absl::Duration grace) {
  absl::MutexLock lock(&stop_mu_);
  if (stopped_) return;
  stopped_ = true;
  state_ = admin::v1::PROCESS_STOPPING;
  absl::BlockingCounter running(static_cast<int>(pipelines_.size()));
  for (auto& pipeline : pipelines_) {
    pipeline->Stop(grace, [&running] { running.DecrementCount(); });
  }
  running.Wait();
  state_ = admin::v1::PROCESS_STOPPED;
}

admin::v1::ProcessStatus RunningProcess::Status() const {
  admin::v1::ProcessStatus status;
  *status.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  *status.mutable_start_time() = ToTimestamp(start_time_);
  status.set_state(state_);
  if (status.state() == admin::v1::PROCESS_STARTING) return status;
  for (const auto& pipeline : pipelines_) {
    *status.add_pipelines() = pipeline->Status();
  }
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
  if (state_ != admin::v1::PROCESS_RUNNING) {
    return absl::UnavailableError("the process is not running");
  }
  std::vector<std::string> names;
  for (const auto& running : pipelines_) {
    names.push_back(running->name());
    if (running->name() != pipeline) continue;
    ingest_->Post([log = running->log(), task = std::move(task)]() mutable {
      task(*log);
    });
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat(
      "there is no pipeline ", Quote(pipeline), Suggest(pipeline, names)));
}

void RunningProcess::WhenFinished(absl::AnyInvocable<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(pipelines_.size());
  auto callback = std::make_shared<absl::AnyInvocable<void()>>(std::move(done));
  for (auto& pipeline : pipelines_) {
    pipeline->WhenFinished([left, callback] {
      if (left->fetch_sub(1) == 1) (*callback)();
    });
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(
    const ProcessSpec& spec) {
  auto process = std::make_unique<RunningProcess>();
  SLUICE_RETURN_IF_ERROR(process->Init(spec));
  return process;
}

}  // namespace sluice
