// Scenarios of how long an event takes from its source to its sink.
#ifndef TOOLS_BENCH_LATENCY_SCENARIOS_H_
#define TOOLS_BENCH_LATENCY_SCENARIOS_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "tools/bench/scenario.h"

namespace sluice::bench {

// One for each acknowledgement level that does not wait for the sink.
std::vector<Scenario> LatencyScenarios();

// How many events a run at `rate` events a second takes to last `duration`;
// at least 1 and at most `most`.
uint64_t EventsOfLoad(double rate, absl::Duration duration, uint64_t most);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_LATENCY_SCENARIOS_H_
