#include "tools/bench/report_chart.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

Report ReportOf(const std::string& scenario, const Figures& figures) {
  Report report;
  report.machine.cpu_model = "Some CPU";
  report.runs = 1;
  Measured measured(scenario);
  measured.AddRun(figures, true);
  report.scenarios.push_back(measured);
  return report;
}

TEST(ReportChartTest, RatesAndCpuTimeHaveAPanelEach) {
  const auto panels = ReportPanels(
      ReportOf("growth_sinks", {{"events", 10},
                                {"events_per_second", 1000},
                                {"sinks_16_events_per_second", 500},
                                {"sinks_16_cpu_seconds_per_million_events", 2},
                                {"ratio_to_store_limit", 0.5}}));
  ASSERT_EQ(panels.size(), 3u);
  ASSERT_EQ(panels[0].rows.size(), 2u);
  EXPECT_EQ(panels[0].rows[0].label, "growth_sinks");
  EXPECT_EQ(panels[0].rows[1].label, "growth_sinks: sinks 16");
  EXPECT_EQ(panels[0].rows[1].bars[0].value, 500);
  ASSERT_EQ(panels[1].rows.size(), 1u);
  EXPECT_EQ(panels[1].rows[0].label, "growth_sinks: sinks 16");
  EXPECT_TRUE(panels[2].rows.empty());
}

TEST(ReportChartTest, QuantilesOfALatencyStandBesideEachOther) {
  const auto panels = ReportPanels(
      ReportOf("latency_durable", {{"idle_p50_milliseconds", 1},
                                   {"idle_p99_milliseconds", 2},
                                   {"idle_p999_milliseconds", 3},
                                   {"sync_p50_milliseconds", 4},
                                   {"sync_p99_milliseconds", 5},
                                   {"mean_sync_milliseconds", 6}}));
  // A latency without all three has no row.
  ASSERT_EQ(panels[2].rows.size(), 1u);
  EXPECT_EQ(panels[2].rows[0].label, "latency_durable: idle");
  ASSERT_EQ(panels[2].rows[0].bars.size(), 3u);
  EXPECT_EQ(panels[2].rows[0].bars[2].value, 3);
}

TEST(ReportChartTest, TheChartNamesTheMachineAndTheRuns) {
  const std::string svg =
      ReportChart(ReportOf("backlog", {{"events_per_second", 1000}}));
  EXPECT_TRUE(absl::StrContains(svg, "Some CPU"));
  EXPECT_TRUE(absl::StrContains(svg, "medians of 1 run,"));
  EXPECT_TRUE(absl::StrContains(svg, ">backlog<"));
}

}  // namespace
}  // namespace sluice::bench
