#include "tests/simulation/sim_process.h"

#include <utility>

#include "storage/base/status_macros.h"

namespace sluice::simulation {

SimProcess::SimProcess(SeededScheduler* scheduler, Network* network, Disk* disk)
    : scheduler_(scheduler),
      disk_(disk),
      io_(scheduler->NewExecutor()),
      ingest_(scheduler->NewExecutor()),
      io_engine_(scheduler->random()()),
      ingest_engine_(scheduler->random()()),
      client_(network, io_.get()) {}

SimProcess::~SimProcess() {
  if (disk_->blocks == ingest_.get()) disk_->blocks = nullptr;
}

absl::Status SimProcess::Start(const PipelineSpec& spec, const Limits& limits,
                               absl::Duration wall_offset) {
  JumpWallClock(wall_offset);
  disk_->blocks = ingest_.get();
  store_ = new DiskStore(disk_);
  auto log = std::make_unique<SimEventLog>(store_, spec.log, &clock_);
  SLUICE_RETURN_IF_ERROR(log->Open());
  PipelineEnvironment environment;
  environment.io = io_.get();
  environment.http = &client_;
  environment.io_random = &io_random_;
  environment.ingest = ingest_.get();
  environment.ingest_random = &ingest_random_;
  environment.metrics = &metrics_;
  environment.rate_budgets = &rate_budgets_;
  environment.clock = &clock_;
  environment.queue_bytes = limits.queue_bytes;
  environment.window_bytes = limits.window_bytes;
  SLUICE_ASSIGN_OR_RETURN(
      pipeline_, Pipeline::Create({spec}, environment, std::move(log)));
  pipeline_->Start();
  return absl::OkStatus();
}

void SimProcess::Stop(absl::Duration grace, absl::AnyInvocable<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  pipeline_->Stop(grace, [this] {
    dead_ = true;
    if (stopped_) stopped_();
  });
}

void SimProcess::Crash(bool power_loss) {
  disk_->Crash(power_loss);
  disk_->blocks = nullptr;
  store_->Disconnect();
  client_.Disconnect();
  if (stopping_) {
    stopped_ = nullptr;
  } else {
    Stop(absl::ZeroDuration(), nullptr);
  }
}

void SimProcess::JumpWallClock(absl::Duration by) {
  io_->JumpWallClock(by);
  ingest_->JumpWallClock(by);
}

int64_t SimProcess::Metric(const std::string& name) const {
  int64_t value = 0;
  for (const MetricSample& sample : metrics_.Snapshot()) {
    if (sample.name == name) value += sample.value;
  }
  return value;
}

}  // namespace sluice::simulation
