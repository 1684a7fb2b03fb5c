#include "pipeline/topology/memory_plan.h"

#include <cstdint>
#include <random>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr uint64_t kMiB = 1 << 20;

ProcessSpec Spec(size_t pipelines, size_t sinks) {
  ProcessSpec spec;
  spec.pipelines.resize(pipelines);
  for (PipelineSpec& pipeline : spec.pipelines) pipeline.sinks.resize(sinks);
  return spec;
}

uint64_t SumOf(const ProcessSpec& spec, const MemoryPlan& plan) {
  uint64_t sum = plan.rocksdb + plan.requests;
  for (size_t i = 0; i < plan.pipelines.size(); ++i) {
    sum += plan.pipelines[i].Most(spec.pipelines[i].sinks.size());
  }
  return sum;
}

TEST(MemoryPlanTest, TheSumOfAllPartsStaysWithinTheBudget) {
  std::mt19937 random(7);
  const auto between = [&](uint64_t least, uint64_t most) {
    return std::uniform_int_distribution<uint64_t>(least, most)(random);
  };
  for (int i = 0; i < 2000; ++i) {
    ProcessSpec spec = Spec(between(1, 60), 1);
    for (PipelineSpec& pipeline : spec.pipelines) {
      pipeline.sinks.resize(between(1, 12));
      pipeline.max_event_bytes = uint64_t{1} << between(10, 26);
    }
    // From just enough to plenty.
    spec.memory_bytes = LeastMemory(spec) + (between(0, 1) << between(0, 36));
    const MemoryPlan plan = PlanMemory(spec);
    ASSERT_EQ(plan.pipelines.size(), spec.pipelines.size());
    EXPECT_LE(SumOf(spec, plan), spec.memory_bytes);
    EXPECT_GE(plan.rocksdb, spec.pipelines.size() * 4 * kMiB);
    for (const PipelineMemory& memory : plan.pipelines) {
      EXPECT_GT(memory.queue, 0u);
      EXPECT_GT(memory.window, 0u);
      EXPECT_GT(memory.max_dedupe_keys(), 0u);
    }
  }
}

TEST(MemoryPlanTest, OnePipelineGetsAllThatHelpsItByDefault) {
  const MemoryPlan plan = PlanMemory(Spec(1, 3));
  EXPECT_GT(plan.rocksdb, 120 * kMiB);
  EXPECT_GE(plan.pipelines[0].queue, 15 * kMiB);
  EXPECT_GT(plan.pipelines[0].tail, 30 * kMiB);
  EXPECT_EQ(plan.pipelines[0].window, 8 * kMiB);
  EXPECT_GT(plan.pipelines[0].max_dedupe_keys(), 390'000u);
}

TEST(MemoryPlanTest, AnotherSinkLeavesTheSharesAsTheyWere) {
  const PipelineMemory three = PlanMemory(Spec(1, 3)).pipelines[0];
  const PipelineMemory four = PlanMemory(Spec(1, 4)).pipelines[0];
  EXPECT_EQ(three.queue, four.queue);
  EXPECT_EQ(three.tail, four.tail);
  EXPECT_EQ(three.dedupe, four.dedupe);
}

TEST(MemoryPlanTest, LargeEventsAndManySinksNeedMore) {
  EXPECT_LE(LeastMemory(Spec(1, 1)), 16 * kMiB);
  EXPECT_LE(LeastMemory(Spec(16, 2)), 256 * kMiB);
  EXPECT_GT(LeastMemory(Spec(1, 100)), 256 * kMiB);
  EXPECT_GT(LeastMemory(Spec(40, 1)), 256 * kMiB);
  ProcessSpec large = Spec(1, 1);
  large.pipelines[0].max_event_bytes = 64 * kMiB;
  EXPECT_GT(LeastMemory(large), 512 * kMiB);
}

}  // namespace
}  // namespace sluice
