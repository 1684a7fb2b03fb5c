// The main job for an hour, with everyday faults: memory, files and descriptors
// do not grow.
//
// soak_test [--minutes N] [--samples FILE]; tagged "manual".
#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::fault {
namespace {

struct SoakOptions {
  int minutes = 60;
  // Takes every sample as a line of CSV; empty: none.
  std::string samples;
};

SoakOptions& Soak() {
  static SoakOptions options;
  return options;
}

constexpr absl::Duration kBetweenSamples = absl::Seconds(5);
constexpr int kReadingsPerSecond = 50;

// Beside the main job, many events from memory to nowhere: a day's worth of
// segments, flushes and drops.
constexpr char kBulkPipeline[] = R"(
  bulk:
    sources: {in: {generate: {rate: 3000}}}
    sinks: {out: {"null": {}}}
)";

// The process and its data directory at one moment.
struct Sample {
  absl::Duration at;
  uint64_t resident_kib = 0;
  uint64_t descriptors = 0;
  uint64_t files = 0;
  uint64_t disk_kib = 0;
};

uint64_t ResidentKib(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  uint64_t kib = 0;
  while (file >> word) {
    if (word == "VmRSS:" && file >> kib) return kib;
  }
  return 0;
}

uint64_t CountEntries(const std::string& folder) {
  std::error_code ended;
  return static_cast<uint64_t>(
      std::distance(std::filesystem::directory_iterator(folder, ended), {}));
}

class SoakTest : public SandboxPipelineTest {
 protected:
  RunOptions WithBulk() {
    RunOptions options = Options();
    std::ofstream(options.config, std::ios::app) << kBulkPipeline;
    return options;
  }

  Sample Take(const SluiceProcess& process, absl::Duration at) {
    Sample sample;
    sample.at = at;
    sample.resident_kib = ResidentKib(process.pid());
    sample.descriptors =
        CountEntries(absl::StrCat("/proc/", process.pid(), "/fd"));
    std::error_code ignored;
    for (auto entry =
             std::filesystem::recursive_directory_iterator(data_dir(), ignored);
         entry != std::filesystem::recursive_directory_iterator();
         entry.increment(ignored)) {
      if (!entry->is_regular_file(ignored)) continue;
      ++sample.files;
      sample.disk_kib += entry->file_size(ignored) / 1024;
    }
    return sample;
  }

  // What happens every day, here every minute.
  void Disturb(Dice& dice) {
    sandbox::Fault fault;
    fault.service = "feed";
    fault.duration = dice.Wait(500, 5000);
    switch (dice.Roll(4)) {
      case 0:
        Control("POST", "/streams/cut", R"({"how": "clean"})");
        return;
      case 1:
        Control("POST", "/tokens/revoke");
        Control("POST", "/streams/cut", R"({"how": "reset"})");
        return;
      case 2:
        fault.status = 503;
        break;
      default:
        fault.kind = sandbox::FaultKind::kCut;
    }
    sandbox().faults().Add(fault);
  }
};

// The middle one of a value over samples `begin` to `end`.
template <typename Value>
uint64_t Median(const std::vector<Sample>& samples, size_t begin, size_t end,
                Value value) {
  std::vector<uint64_t> values;
  for (size_t i = begin; i < end; ++i) values.push_back(value(samples[i]));
  std::nth_element(values.begin(), values.begin() + values.size() / 2,
                   values.end());
  return values[values.size() / 2];
}

// The last quarter is no more than the second one and a tenth, with `slack` for
// small numbers.
template <typename Value>
void ExpectFlat(const std::vector<Sample>& samples, const char* what,
                uint64_t slack, Value value) {
  const size_t quarter = samples.size() / 4;
  const uint64_t early = Median(samples, quarter, 2 * quarter, value);
  const uint64_t late = Median(samples, 3 * quarter, samples.size(), value);
  std::cout << absl::StrFormat(
      "%-24s %10d in the second quarter %10d in the last\n", what, early, late);
  EXPECT_LE(late, early + early / 10 + slack) << what << " grows";
}

TEST_F(SoakTest, NothingGrows) {
  Dice dice(CampaignSeed());
  SluiceProcess process(WithBulk());
  ASSERT_TRUE(process.WaitReady());
  Control("POST", "/devices/start",
          absl::StrCat("{\"rate\":", kReadingsPerSecond, "}"));
  std::vector<Sample> samples;
  std::ofstream csv(Soak().samples);
  csv << "seconds,resident_kib,descriptors,files,disk_kib\n";
  const absl::Time begin = absl::Now();
  const absl::Duration length = absl::Minutes(Soak().minutes);
  absl::Duration disturbed;
  for (absl::Duration at; at < length; at = absl::Now() - begin) {
    ASSERT_FALSE(process.WaitEnd(kBetweenSamples)) << "it ended by itself";
    const Sample sample = Take(process, at);
    samples.push_back(sample);
    csv << absl::ToInt64Seconds(at) << "," << sample.resident_kib << ","
        << sample.descriptors << "," << sample.files << "," << sample.disk_kib
        << std::endl;
    if (at - disturbed > absl::Minutes(1)) {
      disturbed = at;
      Disturb(dice);
    }
  }
  ASSERT_GE(samples.size(), 8u);
  ExpectFlat(samples, "resident memory, KiB", 8 << 10,
             [](const Sample& s) { return s.resident_kib; });
  ExpectFlat(samples, "descriptors", 4,
             [](const Sample& s) { return s.descriptors; });
  ExpectFlat(samples, "files", 6, [](const Sample& s) { return s.files; });
  ExpectFlat(samples, "disk, KiB", 64 << 10,
             [](const Sample& s) { return s.disk_kib; });

  Control("POST", "/devices/stop");
  sandbox().faults().Clear();
  EXPECT_TRUE(WaitUntil([&] { return Feed().missing == 0; }, absl::Minutes(2)));
  EXPECT_EQ(process.Stop(), 0);
  EXPECT_EQ(Feed().missing, 0);
  EXPECT_EQ(Feed().duplicated, 0);
  EXPECT_TRUE(process.progress().balanced) << process.last_line();
}

}  // namespace
}  // namespace sluice::fault

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  CLI::App app{"The main job for an hour"};
  app.add_option("--minutes", sluice::fault::Soak().minutes, "How long")
      ->check(CLI::Range(1, 1440));
  app.add_option("--samples", sluice::fault::Soak().samples,
                 "File for every sample, as CSV");
  CLI11_PARSE(app, argc, argv);
  return RUN_ALL_TESTS();
}
