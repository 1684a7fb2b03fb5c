// Scenarios from the emulated device cloud to an emulated service.
#ifndef TOOLS_BENCH_SYSTEMS_SCENARIOS_H_
#define TOOLS_BENCH_SYSTEMS_SCENARIOS_H_

#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

std::vector<Scenario> SystemsScenarios();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_SYSTEMS_SCENARIOS_H_
