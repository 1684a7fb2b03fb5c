// One life of a Sluice process in the simulation.
#ifndef TESTS_SIMULATION_SIM_PROCESS_H_
#define TESTS_SIMULATION_SIM_PROCESS_H_

#include <memory>
#include <random>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/rate/rate_budget.h"
#include "pipeline/runtime/pipeline.h"
#include "pipeline/topology/pipeline_spec.h"
#include "storage/base/clock.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/network.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {

// The real Pipeline on executors, clock, network and disk of the simulation.
// As a process it ends in one of two ways, Stop() or Crash(), or in both.
class SimProcess {
 public:
  struct Limits {
    size_t queue_bytes = 1 << 20;
    size_t window_bytes = 1 << 20;
  };

  SimProcess(SeededScheduler* scheduler, Network* network, Disk* disk);
  // REQUIRES: never started, stopped, or dead().
  ~SimProcess();

  // Opens the log, makes the pipeline and starts it.
  //   errors of the disk: the process ended at once.
  absl::Status Start(const PipelineSpec& spec, const Limits& limits,
                     absl::Duration wall_offset);

  // Ends it as SIGTERM does; `done` is called on one of its executors.
  void Stop(absl::Duration grace, absl::AnyInvocable<void()> done);

  // Ends it without a word: nothing that it had not written, sent or said by
  // now ever will be. Its components are then taken down in order, as their
  // contracts ask for, but cut off from disk and network; dead() tells when,
  // and then this can be destroyed. May come during a Stop(), whose `done` is
  // then not called any more.
  void Crash(bool power_loss);
  bool dead() const { return dead_; }

  Pipeline& pipeline() { return *pipeline_; }
  void JumpWallClock(absl::Duration by);
  // Of the metric with this name, all labels together.
  int64_t Metric(const std::string& name) const;

 private:
  class WallClock final : public Clock {
   public:
    explicit WallClock(const Executor* executor) : executor_(executor) {}
    absl::Time Now() const override { return executor_->Now(); }

   private:
    const Executor* const executor_;
  };

  SeededScheduler* const scheduler_;
  Disk* const disk_;
  MetricRegistry metrics_;
  RateBudgets rate_budgets_;
  // In order of construction: what is above outlives what is below.
  const std::unique_ptr<SeededScheduler::SimExecutor> io_;
  const std::unique_ptr<SeededScheduler::SimExecutor> ingest_;
  std::mt19937_64 io_engine_;
  std::mt19937_64 ingest_engine_;
  absl::BitGenRef io_random_{io_engine_};
  absl::BitGenRef ingest_random_{ingest_engine_};
  WallClock clock_{io_.get()};
  NetworkClient client_;
  DiskStore* store_ = nullptr;  // Owned by the log.
  std::unique_ptr<Pipeline> pipeline_;
  bool stopping_ = false;
  absl::AnyInvocable<void()> stopped_;
  bool dead_ = false;
};

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_SIM_PROCESS_H_
