// Scenarios of the stages that need no disk: queue, decoding, encoding, HTTP.
#ifndef TOOLS_BENCH_STAGE_SCENARIOS_H_
#define TOOLS_BENCH_STAGE_SCENARIOS_H_

#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

// Each on one thread, whose CPU time is what counts.
std::vector<Scenario> StageScenarios();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_STAGE_SCENARIOS_H_
