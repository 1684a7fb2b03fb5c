// Scenarios of growth: what more events, sinks, devices and pipelines cost.
#ifndef TOOLS_BENCH_GROWTH_SCENARIOS_H_
#define TOOLS_BENCH_GROWTH_SCENARIOS_H_

#include <cstdint>
#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

// growth_backlog, in growth_backlog.cc.
std::vector<Scenario> BacklogGrowthScenarios();
// growth_sinks, growth_devices, growth_catch_up, in growth_fan_out.cc.
std::vector<Scenario> FanOutGrowthScenarios();
// growth_pipelines, idle, in quiet_scenarios.cc.
std::vector<Scenario> QuietScenarios();

// Powers of ten from 10^5 to `largest`, and `largest` itself.
std::vector<uint64_t> BacklogSizes(uint64_t largest);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_GROWTH_SCENARIOS_H_
