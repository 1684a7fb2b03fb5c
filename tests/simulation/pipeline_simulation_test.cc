// The whole pipeline under everything that can go wrong, from seeds. A failing
// seed is printed and comes back exactly:
//
//   bazel test //tests/simulation:pipeline_simulation_test
//       --test_arg=--seed=N --test_arg=--trace --test_output=all

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "glog/logging.h"
#include "gtest/gtest.h"
#include "tests/simulation/simulation.h"
#include "tests/testing/sanitized.h"

namespace sluice::simulation {
namespace {

constexpr uint64_t kBlocks = kSanitized ? 1 : 10;

struct Flags {
  // Not 0: only this one.
  uint64_t seed = 0;
  // Of each block.
  uint64_t seeds = 50;
  bool trace = false;
};
Flags flags;

void Report(const Result& sum) {
  std::printf(
      "%.0f virtual hours, %lld steps, %lld events: %lld crashes, %lld power "
      "losses, %lld starts, %lld disk errors, %lld network faults, %lld gaps, "
      "%lld backfilled, %lld repeats in the feed, %lld posts, %lld doubles in "
      "inthing, %lld acknowledged as delivered, %lld dead letters, %lld lost "
      "with excuse of %lld excused\n",
      sum.virtual_hours, static_cast<long long>(sum.steps),
      static_cast<long long>(sum.events), static_cast<long long>(sum.crashes),
      static_cast<long long>(sum.power_losses),
      static_cast<long long>(sum.restarts),
      static_cast<long long>(sum.disk_errors),
      static_cast<long long>(sum.network_faults),
      static_cast<long long>(sum.gaps), static_cast<long long>(sum.backfilled),
      static_cast<long long>(sum.feed_repeats),
      static_cast<long long>(sum.inthing_posts),
      static_cast<long long>(sum.inthing_duplicates),
      static_cast<long long>(sum.acknowledged_when_delivered),
      static_cast<long long>(sum.dead_letters),
      static_cast<long long>(sum.lost_with_excuse),
      static_cast<long long>(sum.excused));
}

class PipelineSimulationTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(PipelineSimulationTest, LosesNothingAndKeepsItsPromises) {
  if (flags.seed != 0) GTEST_SKIP() << "--seed runs one seed alone";
  Result sum;
  for (uint64_t i = 0; i < flags.seeds; ++i) {
    const uint64_t seed = 1 + GetParam() * flags.seeds + i;
    const Result result = Simulate(seed, /*print=*/false);
    for (const std::string& problem : result.problems) {
      ADD_FAILURE() << "seed " << seed << ": " << problem;
    }
    sum.Add(result);
    if (result.problems.empty()) continue;
    std::printf("repeat with --test_arg=--seed=%llu --test_arg=--trace\n",
                static_cast<unsigned long long>(seed));
    if (sum.problems.size() > 20) break;
  }
  Report(sum);
  // A fault that did not happen proves nothing.
  EXPECT_GT(sum.crashes, 0);
  EXPECT_GT(sum.power_losses, 0);
  EXPECT_GT(sum.disk_errors, 0);
  EXPECT_GT(sum.gaps, 0);
  EXPECT_GT(sum.backfilled, 0);
  EXPECT_GT(sum.feed_repeats, 0);
  EXPECT_GT(sum.inthing_duplicates, 0);
  EXPECT_GT(sum.acknowledged_when_delivered, 0);
  EXPECT_GT(sum.excused, 0);
}

INSTANTIATE_TEST_SUITE_P(Blocks, PipelineSimulationTest,
                         ::testing::Range<uint64_t>(0, kBlocks));

TEST(PipelineSimulationReplayTest, ASeedGivesTheSameRunTwice) {
  const uint64_t only = flags.seed;
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last = only != 0 ? only : (kSanitized ? 1 : 5);
  for (uint64_t seed = first; seed <= last; ++seed) {
    const Result one = Simulate(seed, only != 0 && flags.trace);
    const Result other = Simulate(seed, /*print=*/false);
    EXPECT_EQ(one.trace_hash, other.trace_hash) << "seed " << seed;
    EXPECT_EQ(one.steps, other.steps) << "seed " << seed;
    if (only == 0) continue;
    Report(one);
    std::printf("trace %016llx\n",
                static_cast<unsigned long long>(one.trace_hash));
    for (const std::string& problem : one.problems) {
      ADD_FAILURE() << "seed " << seed << ": " << problem;
    }
  }
}

void ReadFlags(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    absl::string_view flag = argv[i];
    if (absl::ConsumePrefix(&flag, "--seed=")) {
      CHECK(absl::SimpleAtoi(flag, &flags.seed));
    } else if (absl::ConsumePrefix(&flag, "--seeds=")) {
      CHECK(absl::SimpleAtoi(flag, &flags.seeds));
    } else if (flag == "--trace") {
      flags.trace = true;
    } else {
      LOG(FATAL) << "unknown flag " << flag;
    }
  }
}

}  // namespace
}  // namespace sluice::simulation

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  sluice::simulation::ReadFlags(argc, argv);
  google::InitGoogleLogging(argv[0]);
  // What goes wrong here goes wrong on purpose.
  FLAGS_minloglevel = google::GLOG_FATAL;
  return RUN_ALL_TESTS();
}
