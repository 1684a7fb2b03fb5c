#include "pipeline/runtime/process.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/util/time_util.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/rate/rate_budget.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/pipeline.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {
namespace {

// A key in the dedupe index costs 16 bytes and its share of a hash table.
constexpr size_t kBytesPerDedupeKey = 32;

// How memory_bytes is shared out. What is left over is for requests under way
// and for code that does not count.
struct MemoryShares {
  size_t queue;
  size_t tail;
  size_t windows;
  size_t dedupe;
  size_t rocksdb;
};

MemoryShares ShareMemory(uint64_t total, size_t pipelines) {
  MemoryShares shares;
  shares.queue = std::min<size_t>(16 << 20, total / 16 / pipelines);
  shares.tail = std::min<size_t>(32 << 20, total / 8 / pipelines);
  shares.windows = total / 8 / pipelines;
  shares.dedupe = total / 16 / pipelines;
  shares.rocksdb = total / 2;
  return shares;
}

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
  void WhenFinished(absl::AnyInvocable<void()> done) override;

 private:
  absl::Status InitPipeline(const PipelineSpec& spec,
                            const MemoryShares& shares,
                            const RocksDbLogResources& resources);

  // In order of construction: what is above outlives what is below.
  std::unique_ptr<DataDirectory> directory_;
  MetricRegistry metrics_;
  RateBudgets rate_budgets_;
  Randomness io_random_;
  Randomness ingest_random_;
  std::unique_ptr<HttpLoop> io_;
  std::unique_ptr<ThreadExecutor> ingest_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;

  absl::Mutex stop_mu_;
  bool stopped_ ABSL_GUARDED_BY(stop_mu_) = false;
};

absl::Status RunningProcess::Init(const ProcessSpec& spec) {
  SLUICE_ASSIGN_OR_RETURN(directory_, DataDirectory::Open(spec.data_dir));
  HttpLoopOptions loop_options;
  loop_options.name = "io";
  io_ = HttpLoop::Create(loop_options);
  ingest_ = std::make_unique<ThreadExecutor>("ingest");
  const MemoryShares shares =
      ShareMemory(spec.memory_bytes, spec.pipelines.size());
  const RocksDbLogResources resources =
      RocksDbLogResources::Make(shares.rocksdb);
  for (const PipelineSpec& pipeline : spec.pipelines) {
    const absl::Status status = InitPipeline(pipeline, shares, resources);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("pipeline ", pipeline.name, ": ",
                                       std::string(status.message())));
    }
  }
  for (auto& pipeline : pipelines_) pipeline->Start();
  return absl::OkStatus();
}

absl::Status RunningProcess::InitPipeline(
    const PipelineSpec& spec, const MemoryShares& shares,
    const RocksDbLogResources& resources) {
  SLUICE_ASSIGN_OR_RETURN(const std::string path,
                          directory_->LogPath(spec.name));
  RocksDbLogOptions log_options;
  log_options.log = spec.log;
  log_options.log.tail_bytes = shares.tail;
  log_options.resources = resources;
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
  environment.queue_bytes = shares.queue;
  environment.window_bytes =
      std::min<size_t>(8 << 20, shares.windows / spec.sinks.size());
  environment.max_dedupe_keys =
      std::min<size_t>(500'000, shares.dedupe / kBytesPerDedupeKey);
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Pipeline> pipeline,
                          Pipeline::Create(spec, environment, std::move(log)));
  pipelines_.push_back(std::move(pipeline));
  return absl::OkStatus();
}

void RunningProcess::Stop(absl::Duration grace) {
  absl::MutexLock lock(&stop_mu_);
  if (stopped_) return;
  stopped_ = true;
  absl::BlockingCounter running(static_cast<int>(pipelines_.size()));
  for (auto& pipeline : pipelines_) {
    pipeline->Stop(grace, [&running] { running.DecrementCount(); });
  }
  running.Wait();
}

admin::v1::ProcessStatus RunningProcess::Status() const {
  admin::v1::ProcessStatus status;
  *status.mutable_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  for (const auto& pipeline : pipelines_) {
    *status.add_pipelines() = pipeline->Status();
  }
  for (const MetricSample& sample : metrics_.Snapshot()) {
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
