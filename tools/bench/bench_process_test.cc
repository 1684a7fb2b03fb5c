#include "tools/bench/bench_process.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/bench/probe.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kMemory = uint64_t{64} << 20;

TEST(BenchProcessTest, RunsAPipelineOfItsConfigurationToTheEnd) {
  const auto process =
      StartProcess({.data_dir = testing::TempDir() + "/bench_process_runs",
                    .memory_bytes = kMemory,
                    .pipelines = OnePipeline("in: {devices: {count: 1500}}",
                                             "out: {null: {}}", "buffered")});
  ASSERT_TRUE(process.ok()) << process.status();
  WaitUntilFinished(process->get());
  const admin::v1::PipelineStatus status = StopProcess(process->get());
  EXPECT_EQ(status.name(), kPipeline);
  EXPECT_EQ(status.sources(0).stored(), 1500u);
  EXPECT_EQ(status.sinks(0).delivered(), 1500u);
}

TEST(BenchProcessTest, ASinkThatIsDownKeepsEverythingWaiting) {
  const auto process =
      StartProcess({.data_dir = testing::TempDir() + "/bench_process_down",
                    .memory_bytes = kMemory,
                    .pipelines = OnePipeline("in: {devices: {count: 700}}",
                                             "out: {down: {}}", "durable")});
  ASSERT_TRUE(process.ok()) << process.status();
  WaitUntil(process->get(), [](const admin::v1::PipelineStatus& status) {
    return status.sources(0).stored() == 700;
  });
  EXPECT_EQ(StopProcess(process->get()).sinks(0).waiting(), 700u);
}

TEST(BenchProcessTest, NamesEveryMistakeOfAConfiguration) {
  const auto process = StartProcess(
      {.data_dir = testing::TempDir() + "/bench_process_wrong",
       .memory_bytes = kMemory,
       .pipelines = OnePipeline("in: {devices: {colour: red}}",
                                "out: {no_such_sink: {}}", "durable")});
  EXPECT_EQ(process.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(process.status().message(), "colour"));
  EXPECT_TRUE(absl::StrContains(process.status().message(), "no_such_sink"));
}

TEST(ProbeTest, TellsHowLongEventsTakeAndWhenTheyAreSafe) {
  Probe probe;
  const auto process =
      StartProcess({.data_dir = testing::TempDir() + "/bench_process_probe",
                    .memory_bytes = kMemory,
                    .pipelines = OnePipeline("in: {probe: {}}",
                                             "out: {probe: {}}", "delivered"),
                    .probe = &probe});
  ASSERT_TRUE(process.ok()) << process.status();
  probe.StartNoting();
  for (int i = 0; i < 3; ++i) {
    const Probe::Passage passage = probe.PassOne();
    EXPECT_GT(passage.delivered, absl::ZeroDuration());
    // At this level the sink comes first.
    EXPECT_GE(passage.acknowledged, passage.delivered);
  }
  const Distribution noted = probe.TakeNoted();
  EXPECT_EQ(noted.size(), 3u);
  EXPECT_GT(noted.Quantile(0), absl::ZeroDuration());
  probe.PassOne();
  EXPECT_EQ(probe.TakeNoted().size(), 0u) << "noting had stopped";
  EXPECT_EQ(StopProcess(process->get()).sinks(0).delivered(), 4u);
}

}  // namespace
}  // namespace sluice::bench
