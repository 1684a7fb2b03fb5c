// Thousands of logs on disks that fail, each compared with a model after every
// step and every crash. --seed=N runs that one alone and prints its steps;
// --first_seed=N runs as many others.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "glog/logging.h"
#include "gtest/gtest.h"
#include "tests/model/fault_run.h"
#include "tests/testing/sanitized.h"

namespace sluice {
namespace {

// Tests are spread over shards one by one, so there are more of them than
// shards.
constexpr uint64_t kGroups = kSanitized ? 4 : 40;
constexpr uint64_t kSeedsPerGroup = 50;

int64_t only_seed = -1;
uint64_t first_seed = 0;

class EventLogModelTest : public testing::TestWithParam<uint64_t> {};

TEST_P(EventLogModelTest, IsAlwaysWhatItAcknowledged) {
  const uint64_t first = first_seed + GetParam() * kSeedsPerGroup;
  FaultRunCounts counts;
  for (uint64_t seed = first; seed < first + kSeedsPerGroup; ++seed) {
    if (only_seed >= 0 && static_cast<uint64_t>(only_seed) != seed) continue;
    FaultRun run(seed, only_seed >= 0);
    const std::string failure = run.Run();
    EXPECT_EQ(failure, "") << "replay with --test_arg=--seed=" << seed;
    counts.Add(run.counts());
  }
  if (only_seed >= 0) return;
  std::cout << counts.ToString() << std::endl;
  // Or the test would show nothing.
  EXPECT_GT(counts.failed_writes, kSeedsPerGroup / 4);
  EXPECT_GT(counts.failed_opens, 0u);
  EXPECT_GT(counts.kills, kSeedsPerGroup);
  EXPECT_GT(counts.power_losses, kSeedsPerGroup);
  EXPECT_GT(counts.went_back, 5u);
  EXPECT_GT(counts.damages_told, kSeedsPerGroup / 4);
  EXPECT_GT(counts.events_lost, kSeedsPerGroup / 4);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EventLogModelTest,
                         testing::Range(uint64_t{0}, kGroups));

TEST(FaultRunTest, FollowsFromItsSeed) {
  for (uint64_t seed : {3, 14, 15}) {
    FaultRun first(seed, false);
    FaultRun second(seed, false);
    first.Run();
    second.Run();
    EXPECT_EQ(first.trace(), second.trace()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // Every fault would be reported.
  FLAGS_minloglevel = google::GLOG_FATAL;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (absl::StartsWith(argument, "--first_seed=") &&
        absl::SimpleAtoi(argument.substr(13), &sluice::first_seed)) {
      continue;
    }
    if (!absl::StartsWith(argument, "--seed=") ||
        !absl::SimpleAtoi(argument.substr(7), &sluice::only_seed)) {
      std::cerr << "unknown argument " << argument << "\n";
      return EXIT_FAILURE;
    }
  }
  return RUN_ALL_TESTS();
}
