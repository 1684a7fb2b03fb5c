#include "tools/bench/scenarios.h"

#include <algorithm>
#include <utility>

#include "tools/bench/growth_scenarios.h"
#include "tools/bench/latency_scenarios.h"
#include "tools/bench/limit_scenarios.h"
#include "tools/bench/log_scenarios.h"
#include "tools/bench/path_scenarios.h"
#include "tools/bench/socket_scenarios.h"
#include "tools/bench/stage_scenarios.h"
#include "tools/bench/systems_scenarios.h"

namespace sluice::bench {

const std::vector<Scenario>& AllScenarios() {
  static const auto* const scenarios = [] {
    auto* all = new std::vector<Scenario>;
    for (auto* part :
         {&LimitScenarios, &StageScenarios, &LogScenarios, &PathScenarios,
          &SocketScenarios, &LatencyScenarios, &SystemsScenarios,
          &BacklogGrowthScenarios, &FanOutGrowthScenarios, &QuietScenarios}) {
      for (Scenario& scenario : part()) all->push_back(std::move(scenario));
    }
    return all;
  }();
  return *scenarios;
}

const Scenario* FindScenario(std::string_view name) {
  const std::vector<Scenario>& all = AllScenarios();
  const auto found = std::find_if(
      all.begin(), all.end(),
      [name](const Scenario& scenario) { return scenario.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string_view ScenarioGroupName(ScenarioGroup group) {
  switch (group) {
    case ScenarioGroup::kLimits:
      return "limits";
    case ScenarioGroup::kStages:
      return "stages";
    case ScenarioGroup::kPaths:
      return "paths";
    case ScenarioGroup::kLatency:
      return "latency";
    case ScenarioGroup::kSystems:
      return "systems";
    case ScenarioGroup::kGrowth:
      return "growth";
  }
  return "";
}

}  // namespace sluice::bench
