// Scenarios from source to sink: as many events as go, and a sink that is down.
#ifndef TOOLS_BENCH_PATH_SCENARIOS_H_
#define TOOLS_BENCH_PATH_SCENARIOS_H_

#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

std::vector<Scenario> PathScenarios();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_PATH_SCENARIOS_H_
