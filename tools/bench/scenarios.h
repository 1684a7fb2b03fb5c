// What `sluice bench` measures.
#ifndef TOOLS_BENCH_SCENARIOS_H_
#define TOOLS_BENCH_SCENARIOS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::bench {

struct ScenarioOptions {
  // An empty or missing directory; what is put there stays.
  std::string data_dir;
  // Events of about 300 bytes. 0: what suits the scenario.
  uint64_t events = 0;
  // memory_bytes of the process under test.
  uint64_t memory_bytes = uint64_t{256} << 20;
};

// One measured number. Names end in their unit.
using Figure = std::pair<std::string, double>;

struct ScenarioResult {
  std::vector<Figure> figures;
  // Everything that was put in came out, or still waits where it should.
  bool complete = false;
};

// A scenario measures the whole process it runs in, so each belongs in a fresh
// one.
//
//   throughput_durable    generate -> log, synced -> null: events_per_second,
//                         cpu_seconds_per_million_events, ...
//   throughput_buffered   the same without sync
//   backlog               a sink that is down while events come in: intake
//                         rate, disk bytes per event, peak memory
//   latency_durable       one event at a time when idle: from emit to sink,
//                         with the sync apart
struct Scenario {
  std::string name;
  std::string summary;
  absl::StatusOr<ScenarioResult> (*run)(const ScenarioOptions& options);
};

const std::vector<Scenario>& AllScenarios();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_SCENARIOS_H_
