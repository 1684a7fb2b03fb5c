// kill -9 at random moments of sources that read forward by a checkpoint: what
// the checkpoint has passed is in the log, once.
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/generate/generated_event.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/kill_plan.h"
#include "tests/fault/sluice_process.h"

namespace sluice::fault {
namespace {

constexpr uint32_t kDevices = 7;
constexpr uint32_t kPayloadBytes = 120;
constexpr absl::Duration kLongestLife = absl::Milliseconds(600);
constexpr absl::Duration kDrainLimit = absl::Seconds(90);

// $0 data directory, $1 level, $2 source, $3 file.
constexpr char kConfig[] = R"(data_dir: $0
pipelines:
  main:
    acknowledge: $1
    sources: {in: {$2}}
    sinks: {archive: {file: {path: $3, max_bytes: 1MiB, keep_files: 1000}}}
)";

class AcknowledgementTest : public FaultTest {
 protected:
  std::string archive() const { return folder() + "/archive.jsonl"; }

  RunOptions Options(std::string_view level, std::string_view source) {
    RunOptions options;
    options.config = Write(
        "sluice.yaml", absl::Substitute(kConfig, data_dir(), std::string(level),
                                        std::string(source), archive()));
    options.log_path = log_path();
    return options;
  }

  // Kills `kills` processes after their ready line, then lets one run to the
  // end with `at_last`, and compares with events 0 to `count` - 1.
  void RunCampaign(const RunOptions& options,
                   const std::function<RunOptions()>& at_last, int kills,
                   uint64_t count, const Expectation& expectation) {
    KillPlan plan(CampaignSeed(), kLongestLife);
    while (kills > 0 && !HasFailure()) {
      const KillMoment moment = plan.Next();
      std::cout << "killed " << moment.ToString() << std::endl;
      SluiceProcess process(options);
      kills -=
          KillAt(moment, process, [this] { return WrittenMark(archive()); });
    }
    RunOptions last = at_last();
    last.arguments = {"--until-finished"};
    SluiceProcess process(last);
    ASSERT_TRUE(process.WaitEnd(kDrainLimit)) << process.last_line();
    EXPECT_EQ(process.ExitCode(), 0);

    const demo::PipelineProgress progress = process.progress();
    EXPECT_EQ(progress.received, count);
    EXPECT_EQ(progress.stored, count);
    EXPECT_EQ(progress.duplicate, 0u);
    EXPECT_EQ(progress.dead_letters, 0u);
    EXPECT_TRUE(progress.balanced) << process.last_line();
    EXPECT_EQ(progress.sinks.at("archive").delivered, count);
    const FileVerdict file =
        JudgeFile(ReadWrittenLines(archive()), count, expectation);
    EXPECT_THAT(file.faults, testing::IsEmpty());
    std::cout << file.lines << " lines, " << file.repeated << " repeats"
              << std::endl;
    ExpectSoundLog();
  }
};

TEST_F(AcknowledgementTest, GeneratedEventsAreStoredOnceEach) {
  constexpr uint64_t kCount = 60'000;
  const uint64_t seed = CampaignSeed();
  const auto source = [&](int rate) {
    return absl::StrCat(
        "generate: {count: ", kCount, ", rate: ", rate, ", devices: ", kDevices,
        ", payload_bytes: ", kPayloadBytes, ", seed: ", seed, "}");
  };
  generate::GeneratedEventWriter writer(seed, kDevices, kPayloadBytes, "");
  RunCampaign(
      Options("durable", source(3000)),
      [&] { return Options("durable", source(0)); }, 16, kCount,
      [&](const WrittenEvent& event) -> std::optional<ExpectedEvent> {
        const auto id = generate::ParseGeneratedId(event.id);
        if (!id.ok() || id->seed != seed) return std::nullopt;
        return ExpectedEvent{
            .number = id->index,
            .subject = absl::StrCat("device-", id->index % kDevices),
            .data = std::string(writer.Data(id->index))};
      });
}

TEST_F(AcknowledgementTest, LinesOfAFileAreStoredOnceEach) {
  constexpr uint64_t kCount = 20'000;
  const auto data = [](uint64_t number) {
    return absl::StrCat("{\"n\":", number, ",\"v\":1.50}");
  };
  std::string lines;
  for (uint64_t i = 0; i < kCount; ++i) {
    absl::StrAppend(&lines, R"({"specversion":"1.0","id":"r)", i,
                    R"(","source":"//r","type":"t","subject":"device-)",
                    i % kDevices, R"(","time":"2024-05-16T08:15:18Z","data":)",
                    data(i), "}\n");
  }
  const std::string path = Write("recorded.jsonl", lines);
  RunCampaign(
      Options("delivered",
              absl::StrCat("replay: {path: ", path, ", rate: 2000}")),
      [&] {
        return Options("delivered", absl::StrCat("replay: {path: ", path, "}"));
      },
      10, kCount,
      [&](const WrittenEvent& event) -> std::optional<ExpectedEvent> {
        uint64_t number = 0;
        if (!absl::SimpleAtoi(event.id.substr(1), &number)) return std::nullopt;
        return ExpectedEvent{
            .number = number,
            .subject = absl::StrCat("device-", number % kDevices),
            .data = data(number)};
      });
}

}  // namespace
}  // namespace sluice::fault
