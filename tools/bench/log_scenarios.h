// Scenarios of the log on disk alone: appending to it and reading it back.
#ifndef TOOLS_BENCH_LOG_SCENARIOS_H_
#define TOOLS_BENCH_LOG_SCENARIOS_H_

#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

std::vector<Scenario> LogScenarios();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_LOG_SCENARIOS_H_
