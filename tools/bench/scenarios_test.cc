#include "tools/bench/scenarios.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

double Value(const ScenarioResult& result, const std::string& name) {
  for (const Figure& figure : result.figures) {
    if (figure.first == name) return figure.second;
  }
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

// Small runs: these tests say that the scenarios measure what they claim, not
// how fast it is.
class ScenariosTest : public testing::TestWithParam<std::string> {};

TEST_P(ScenariosTest, RunsToTheEndAndAccountsForEveryEvent) {
  const auto& scenarios = AllScenarios();
  const auto scenario =
      std::find_if(scenarios.begin(), scenarios.end(),
                   [](const Scenario& one) { return one.name == GetParam(); });
  ASSERT_NE(scenario, scenarios.end());
  ScenarioOptions options;
  options.data_dir = testing::TempDir() + "/scenarios_test_" + GetParam() +
                     std::to_string(::getpid());
  options.events = GetParam() == "latency_durable" ? 20 : 5000;
  const auto result = scenario->run(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->complete);
  EXPECT_EQ(Value(*result, "events"), static_cast<double>(options.events));
}

INSTANTIATE_TEST_SUITE_P(All, ScenariosTest,
                         testing::Values("throughput_durable",
                                         "throughput_buffered", "backlog",
                                         "latency_durable"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace sluice::bench
