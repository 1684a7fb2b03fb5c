#include "tools/demo/pipeline_monitor.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::demo {
namespace {

std::string ProgressLine(int stored, int backfilled) {
  return "{\"progress\":{\"pipelines\":[{\"name\":\"demo\",\"balanced\":true,"
         "\"sources\":[{\"name\":\"sensors\",\"received\":" +
         std::to_string(stored) + ",\"stored\":" + std::to_string(stored) +
         ",\"health\":\"healthy\"}],\"sinks\":[{\"name\":\"ops\","
         "\"delivered\":5,\"waiting\":2}],\"log\":{\"dead_letters\":1},"
         "\"imbalances\":[]}],\"metrics\":[{\"name\":"
         "\"disruptive_backfilled_events_total\",\"value\":" +
         std::to_string(backfilled) + "}]}}";
}

TEST(ProgressReaderTest, ReadsTheFiguresOfALine) {
  ProgressReader reader;
  reader.BeginRun();
  reader.ReadLine(R"({"ready":{"pid":1}})");
  EXPECT_TRUE(reader.WaitReady(absl::ZeroDuration()));
  reader.ReadLine(ProgressLine(10, 3));
  const PipelineProgress progress = reader.progress();
  EXPECT_TRUE(progress.running);
  EXPECT_EQ(progress.stored, 10u);
  EXPECT_EQ(progress.source_health, "healthy");
  EXPECT_EQ(progress.sinks.at("ops").delivered, 5u);
  EXPECT_EQ(progress.sinks.at("ops").waiting, 2u);
  EXPECT_EQ(progress.dead_letters, 1u);
  EXPECT_EQ(progress.backfilled, 3u);
  EXPECT_TRUE(progress.balanced);
}

TEST(ProgressReaderTest, AddsUpSources) {
  ProgressReader reader;
  reader.BeginRun();
  for (int line = 0; line < 2; ++line) {
    reader.ReadLine(
        R"({"progress":{"pipelines":[{"name":"demo","balanced":true,
            "sources":[{"name":"a","received":3,"stored":2,"duplicate":1},
                       {"name":"b","received":30,"stored":20,"duplicate":10}],
            "sinks":[],"imbalances":[]}],"metrics":[]}})");
  }
  EXPECT_EQ(reader.progress().received, 33u);
  EXPECT_EQ(reader.progress().stored, 22u);
  EXPECT_EQ(reader.progress().duplicate, 11u);
}

TEST(ProgressReaderTest, AddsUpMetricsOverRuns) {
  ProgressReader reader;
  reader.BeginRun();
  reader.ReadLine(ProgressLine(10, 3));
  reader.EndRun();
  EXPECT_FALSE(reader.progress().running);
  reader.BeginRun();
  EXPECT_FALSE(reader.WaitReady(absl::ZeroDuration()));
  reader.ReadLine(ProgressLine(20, 4));
  EXPECT_EQ(reader.progress().backfilled, 7u);
  EXPECT_EQ(reader.progress().stored, 20u);
}

TEST(ProgressReaderTest, IgnoresWhatIsNoStatus) {
  ProgressReader reader;
  reader.BeginRun();
  for (const char* line : {"", "oops", "[]", "{}", R"({"progress":7})"}) {
    reader.ReadLine(line);
  }
  EXPECT_EQ(reader.progress().stored, 0u);
}

}  // namespace
}  // namespace sluice::demo
