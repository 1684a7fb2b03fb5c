// Everything that `sluice bench` measures.
#ifndef TOOLS_BENCH_SCENARIOS_H_
#define TOOLS_BENCH_SCENARIOS_H_

#include <string_view>
#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

// In the order they are run: the machine, stages, whole paths, latency, growth.
// docs/performance.md says what each figure means.
const std::vector<Scenario>& AllScenarios();

// Null: there is none of that name.
const Scenario* FindScenario(std::string_view name);

// "limits", "stages", "paths", "latency", "growth".
std::string_view ScenarioGroupName(ScenarioGroup group);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_SCENARIOS_H_
