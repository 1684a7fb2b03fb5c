// What a scenario of `sluice bench` is given and gives.
#ifndef TOOLS_BENCH_SCENARIO_H_
#define TOOLS_BENCH_SCENARIO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/bench/figures.h"

namespace sluice::bench {

struct ScenarioOptions {
  // An empty or missing directory; what is put there stays.
  std::string data_dir;
  // 0: what suits the scenario.
  uint64_t events = 0;
  // memory_bytes of the process under test; scenarios with many sinks or
  // pipelines take the least that those need, if it is more.
  uint64_t memory_bytes = uint64_t{256} << 20;
  // How long a process that has nothing to do is watched.
  absl::Duration idle_time = absl::Seconds(5);
  // Of `growth_pipelines`.
  uint64_t pipelines = 200;
};

struct ScenarioResult {
  Figures figures;
  // Everything that was put in came out, or still waits where it should.
  bool complete = false;
};

// What of the pipeline a scenario looks at.
enum class ScenarioGroup {
  kLimits,   // The machine alone.
  kStages,   // One stage alone.
  kPaths,    // Source to sink, as much as goes.
  kLatency,  // Source to sink, how long.
  kSystems,  // From an emulated service to another.
  kGrowth,   // What more events, sinks, devices, pipelines cost.
};

// Errors of `run`:
//   kInvalidArgument: `events` is more than the scenario takes.
//   kUnavailable, kFailedPrecondition: the disk or the directory refuses.
//
// A scenario measures the whole process it runs in, so each belongs in a fresh
// one.
struct Scenario {
  std::string name;
  ScenarioGroup group = ScenarioGroup::kStages;
  std::string summary;
  absl::StatusOr<ScenarioResult> (*run)(const ScenarioOptions& options) =
      nullptr;
};

// `options.events`, or `otherwise` when nobody chose.
inline uint64_t EventsOr(const ScenarioOptions& options, uint64_t otherwise) {
  return options.events == 0 ? otherwise : options.events;
}

// A folder of that name in the data directory of `options`, which exists when
// this returns.
//   kUnavailable: it cannot be made.
absl::StatusOr<std::string> MakeFolder(const ScenarioOptions& options,
                                       const std::string& name);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_SCENARIO_H_
