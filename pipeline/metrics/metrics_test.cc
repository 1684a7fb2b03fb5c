#include "pipeline/metrics/metrics.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(MetricRegistryTest, TheSameNameAndLabelsAreTheSameMetric) {
  MetricRegistry registry;
  Counter* a = registry.counter("sink_events_total", {{"component", "a"}});
  EXPECT_EQ(registry.counter("sink_events_total", {{"component", "a"}}), a);
  EXPECT_NE(registry.counter("sink_events_total", {{"component", "b"}}), a);
  EXPECT_NE(registry.counter("sink_bytes_total", {{"component", "a"}}), a);
}

TEST(MetricRegistryTest, SnapshotIsOrderedByNameThenLabels) {
  MetricRegistry registry;
  registry.counter("b_total", {})->Add(2);
  registry.counter("a_total", {{"component", "y"}})->Add(7);
  registry.counter("a_total", {{"component", "x"}})->Add();
  Gauge* gauge = registry.gauge("aa_bytes", {});
  gauge->Set(10);
  gauge->Add(-15);

  const std::vector<MetricSample> samples = registry.Snapshot();
  ASSERT_EQ(samples.size(), 4u);
  EXPECT_EQ(samples[0].name, "a_total");
  EXPECT_EQ(samples[0].labels, (MetricLabels{{"component", "x"}}));
  EXPECT_EQ(samples[0].value, 1);
  EXPECT_TRUE(samples[0].is_counter);
  EXPECT_EQ(samples[1].labels, (MetricLabels{{"component", "y"}}));
  EXPECT_EQ(samples[1].value, 7);
  EXPECT_EQ(samples[2].name, "aa_bytes");
  EXPECT_FALSE(samples[2].is_counter);
  EXPECT_EQ(samples[2].value, -5);
  EXPECT_EQ(samples[3].name, "b_total");
}

TEST(MetricRegistryTest, CountsFromManyThreads) {
  MetricRegistry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&registry] {
      Counter* counter = registry.counter("n_total", {});
      for (int j = 0; j < 1000; ++j) counter->Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.counter("n_total", {})->value(), 4000u);
}

}  // namespace
}  // namespace sluice
