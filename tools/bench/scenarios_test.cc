#include "tools/bench/scenarios.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/bench/growth_scenarios.h"
#include "tools/bench/latency_scenarios.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kEvents = 5000;
// Latency scenarios run a thousand times as many under load.
constexpr uint64_t kLoneEvents = 20;
constexpr uint64_t kPipelines = 3;

std::vector<std::string> NamesOf(const std::vector<Scenario>& scenarios) {
  std::vector<std::string> names;
  names.reserve(scenarios.size());
  for (const Scenario& scenario : scenarios) names.push_back(scenario.name);
  return names;
}

// What the figures of a group have to show beside `events`.
std::set<std::string> ExpectedFigures(const Scenario& scenario) {
  switch (scenario.group) {
    case ScenarioGroup::kLimits:
      return {"disk_4kib_mib_per_second", "disk_1mib_sync_p99_milliseconds",
              "store_durable_events_per_second"};
    case ScenarioGroup::kStages:
      return {"events_per_second", "cpu_seconds_per_million_events"};
    case ScenarioGroup::kPaths:
      return {"events_per_second", "ratio_to_store_limit",
              "received_bytes_per_event", "peak_rss_mib"};
    case ScenarioGroup::kLatency:
      return {"idle_p50_milliseconds", "idle_acknowledged_p999_milliseconds",
              "capacity_events_per_second", "load_10_p99_milliseconds",
              "load_80_p99_milliseconds"};
    case ScenarioGroup::kSystems:
      return {"events_per_second", "cpu_seconds_per_million_events",
              "sandbox_cpu_seconds_per_million_events"};
    case ScenarioGroup::kGrowth:
      return {};
  }
  return {};
}

// Small runs: these tests say that the scenarios measure what they claim, not
// how fast it is.
class ScenariosTest : public testing::TestWithParam<std::string> {
 protected:
  ScenariosTest()
      : folder_(testing::TempDir() + "/scenarios_test_" + GetParam() +
                std::to_string(::getpid())) {}
  ~ScenariosTest() override { std::filesystem::remove_all(folder_); }

  const std::string folder_;
};

TEST_P(ScenariosTest, RunsToTheEndAndAccountsForEveryEvent) {
  const Scenario* scenario = FindScenario(GetParam());
  ASSERT_NE(scenario, nullptr);
  ScenarioOptions options;
  options.data_dir = folder_;
  options.events =
      scenario->group == ScenarioGroup::kLatency ? kLoneEvents : kEvents;
  options.idle_time = absl::Milliseconds(50);
  options.pipelines = kPipelines;
  const auto result = scenario->run(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->complete);
  std::set<std::string> names;
  for (const auto& [name, value] : result->figures) {
    EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
    EXPECT_TRUE(std::isfinite(value)) << name;
    if (absl::EndsWith(name, kRateUnit)) {
      EXPECT_GT(value, 0) << name;
    }
  }
  for (const std::string& name : ExpectedFigures(*scenario)) {
    EXPECT_GT(FindFigure(result->figures, name), 0) << name;
  }
  if (names.count("events") == 1) {
    EXPECT_EQ(FindFigure(result->figures, "events"),
              static_cast<double>(options.events));
  } else {
    EXPECT_GT(FindFigure(result->figures, "pipelines"), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ScenariosTest,
                         testing::ValuesIn(NamesOf(AllScenarios())),
                         [](const auto& info) { return info.param; });

TEST(ScenarioTableTest, EveryScenarioHasItsOwnNameAndASummary) {
  std::set<std::string> names;
  for (const Scenario& scenario : AllScenarios()) {
    EXPECT_TRUE(names.insert(scenario.name).second) << scenario.name;
    EXPECT_FALSE(scenario.summary.empty()) << scenario.name;
    EXPECT_FALSE(ScenarioGroupName(scenario.group).empty()) << scenario.name;
  }
  EXPECT_EQ(FindScenario("no_such_scenario"), nullptr);
}

TEST(GrowthScenariosTest, BacklogsGrowByTensUpToTheLargest) {
  using Sizes = std::vector<uint64_t>;
  EXPECT_EQ(BacklogSizes(10'000'000), (Sizes{100'000, 1'000'000, 10'000'000}));
  EXPECT_EQ(BacklogSizes(3'000'000), (Sizes{100'000, 1'000'000, 3'000'000}));
  EXPECT_EQ(BacklogSizes(5000), (Sizes{5000}));
}

TEST(GrowthScenariosTest, RefusesMoreThanItHolds) {
  ScenarioOptions options;
  options.data_dir = testing::TempDir();
  options.events = 100'000'001;
  const auto backlog = FindScenario("growth_backlog")->run(options);
  EXPECT_EQ(backlog.status().code(), absl::StatusCode::kInvalidArgument);
  options.pipelines = 10'001;
  const auto pipelines = FindScenario("growth_pipelines")->run(options);
  EXPECT_EQ(pipelines.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(GrowthScenariosTest, SaysWhichFolderCannotBeMade) {
  ScenarioOptions options;
  options.data_dir = "/proc/nonexistent";
  const auto result = FindScenario("stage_read")->run(options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(result.status().message(), "/proc/nonexistent"))
      << result.status();
}

TEST(LatencyScenariosTest, ALoadLastsItsTimeWithinBounds) {
  EXPECT_EQ(EventsOfLoad(1000, absl::Seconds(3), 1'000'000), 3000u);
  EXPECT_EQ(EventsOfLoad(1e6, absl::Seconds(3), 1'000'000), 1'000'000u);
  EXPECT_EQ(EventsOfLoad(0.1, absl::Seconds(3), 10), 1u);
}

}  // namespace
}  // namespace sluice::bench
