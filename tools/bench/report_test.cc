#include "tools/bench/report.h"

#include <string>

#include "absl/strings/match.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

TEST(SpreadTest, MedianIsTheMiddleOrBetweenTheMiddleTwo) {
  const Spread odd = SpreadOf({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.min, 1);
  EXPECT_EQ(odd.max, 3);
  EXPECT_EQ(SpreadOf({4, 1, 2, 3}).median, 2.5);
  EXPECT_EQ(SpreadOf({7}).median, 7);
}

TEST(MeasuredTest, KeepsTheOrderOfTheFirstRun) {
  Measured measured("one");
  measured.AddRun({{"z", 1}, {"a", 10}}, true);
  measured.AddRun({{"a", 30}, {"z", 3}}, true);
  const auto rows = measured.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].name, "z");
  EXPECT_EQ(rows[0].spread.median, 2);
  EXPECT_EQ(rows[1].name, "a");
  EXPECT_EQ(rows[1].spread.max, 30);
  EXPECT_TRUE(measured.complete());
}

TEST(MeasuredTest, OneRunThatLostEventsMakesAllIncomplete) {
  Measured measured("one");
  measured.AddRun({{"a", 1}}, true);
  measured.AddRun({{"a", 1}}, false);
  measured.AddRun({{"a", 1}}, true);
  EXPECT_FALSE(measured.complete());
  Report report;
  report.scenarios = {Measured("other"), measured};
  EXPECT_FALSE(report.complete());
}

Report SmallReport() {
  Report report;
  report.machine = {.cores = 2,
                    .cpu_model = "Some CPU",
                    .memory_bytes = uint64_t{8} << 30,
                    .kernel = "Linux 6.1 x86_64",
                    .file_system = "ext4",
                    .sluice_version = "1.2.3",
                    .optimized = true};
  report.runs = 2;
  Measured measured("backlog");
  measured.AddRun({{"events_per_second", 10.5}}, true);
  measured.AddRun({{"events_per_second", 12.5}}, true);
  report.scenarios.push_back(measured);
  return report;
}

TEST(ReportTest, JsonHasMachineRunsAndFigures) {
  EXPECT_EQ(boost::json::value(ToJson(SmallReport())), boost::json::parse(R"({
    "machine": {"cores": 2, "cpu_model": "Some CPU",
                "memory_bytes": 8589934592, "kernel": "Linux 6.1 x86_64",
                "file_system": "ext4", "sluice_version": "1.2.3",
                "optimized": true},
    "runs": 2, "complete": true,
    "scenarios": {"backlog": {"complete": true, "figures": {
      "events_per_second": {"median": 11.5, "min": 10.5, "max": 12.5}}}}})"));
}

TEST(ReportTest, ARunSurvivesItsWayThroughJson) {
  const std::string text =
      boost::json::serialize(RunToJson({{"b", 1.25}, {"a", 2}}, false));
  Measured measured("one");
  ASSERT_TRUE(AddRunOfJson(text, &measured).ok());
  EXPECT_FALSE(measured.complete());
  ASSERT_EQ(measured.rows().size(), 2u);
  EXPECT_EQ(measured.rows()[0].name, "b");
  EXPECT_EQ(measured.rows()[0].spread.median, 1.25);
}

TEST(ReportTest, RefusesWhatIsNoResultAndTakesNothingOfIt) {
  for (const char* text :
       {"", "[]", "{", R"({"complete":true})", R"({"figures":{}})",
        R"({"complete":1,"figures":{}})", R"({"complete":true,"figures":[]})",
        R"({"complete":true,"figures":{"a":1,"b":"x"}})"}) {
    Measured measured("one");
    const absl::Status status = AddRunOfJson(text, &measured);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(absl::StrContains(status.message(), "scenario one")) << text;
    EXPECT_TRUE(measured.rows().empty()) << text;
  }
}

TEST(ReportTest, MachineLineWarnsOfABuildThatSaysNothing) {
  Machine machine = SmallReport().machine;
  EXPECT_EQ(MachineLine(machine),
            "2 cores, Some CPU, Linux 6.1 x86_64, 8.0 GiB, ext4, sluice 1.2.3");
  machine.optimized = false;
  EXPECT_TRUE(absl::StrContains(MachineLine(machine), "WITHOUT OPTIMIZATION"));
}

}  // namespace
}  // namespace sluice::bench
