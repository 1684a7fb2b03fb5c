#include "pipeline/metrics/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
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
  EXPECT_EQ(samples[0].kind, MetricKind::kCounter);
  EXPECT_EQ(samples[1].labels, (MetricLabels{{"component", "y"}}));
  EXPECT_EQ(samples[1].value, 7);
  EXPECT_EQ(samples[2].name, "aa_bytes");
  EXPECT_EQ(samples[2].kind, MetricKind::kGauge);
  EXPECT_EQ(samples[2].value, -5);
  EXPECT_EQ(samples[3].name, "b_total");
}

TEST(MetricRegistryTest, TheFirstHelpOfANameStays) {
  MetricRegistry registry;
  registry.counter("a_total", {{"component", "x"}});
  registry.counter("a_total", {{"component", "x"}}, "What a is.");
  registry.counter("a_total", {{"component", "y"}}, "Something else.");
  for (const MetricSample& sample : registry.Snapshot()) {
    EXPECT_EQ(sample.help, "What a is.");
  }
}

TEST(MetricRegistryTest, SnapshotHasHistograms) {
  MetricRegistry registry;
  registry.histogram("wait_seconds", {})->Note(absl::Seconds(1), 3);
  const std::vector<MetricSample> samples = registry.Snapshot();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].kind, MetricKind::kHistogram);
  EXPECT_DOUBLE_EQ(samples[0].histogram.seconds, 3);
}

TEST(HistogramTest, BoundsBelongToTheBucketBelow) {
  Histogram histogram;
  histogram.Note(absl::Microseconds(500));
  histogram.Note(absl::Microseconds(501));
  histogram.Note(absl::Seconds(-5));
  histogram.Note(absl::Hours(24), 2);
  histogram.Note(absl::Hours(48));
  const Histogram::Snapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.counts[0], 2u);
  EXPECT_EQ(snapshot.counts[1], 1u);
  EXPECT_EQ(snapshot.counts[Histogram::kBounds.size() - 1], 2u);
  EXPECT_EQ(snapshot.counts[Histogram::kBounds.size()], 1u);
  EXPECT_NEAR(snapshot.seconds, 4 * 86400, 0.01);
}

TEST(HistogramTest, BoundsAscend) {
  for (size_t i = 1; i < Histogram::kBounds.size(); ++i) {
    EXPECT_LT(Histogram::kBounds[i - 1], Histogram::kBounds[i]);
  }
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

// Writes into another registry, as a mirror across modules does.
class RegistryMirror final : public MetricMirror {
 public:
  explicit RegistryMirror(MetricRegistry* registry) : registry_(registry) {}

  uint32_t Open(MetricKind kind, std::string_view name,
                const MetricLabels& labels, std::string_view help) override {
    opened_.push_back(std::string(name));
    switch (kind) {
      case MetricKind::kCounter:
        counter_ = registry_->counter(name, labels, help);
        break;
      case MetricKind::kGauge:
        gauge_ = registry_->gauge(name, labels, help);
        break;
      case MetricKind::kHistogram:
        histogram_ = registry_->histogram(name, labels, help);
        break;
    }
    return static_cast<uint32_t>(opened_.size());
  }
  void AddToCounter(uint32_t, uint64_t n) override { counter_->Add(n); }
  void SetGauge(uint32_t, int64_t value) override { gauge_->Set(value); }
  void AddToGauge(uint32_t, int64_t n) override { gauge_->Add(n); }
  void NoteInHistogram(uint32_t, absl::Duration time, uint64_t n) override {
    histogram_->Note(time, n);
  }

  std::vector<std::string> opened_;

 private:
  MetricRegistry* registry_;
  Counter* counter_ = nullptr;
  Gauge* gauge_ = nullptr;
  Histogram* histogram_ = nullptr;
};

TEST(MetricRegistryTest, WritesToItsMirrorToo) {
  MetricRegistry shown;
  RegistryMirror mirror(&shown);
  MetricRegistry registry(&mirror);
  const MetricLabels labels = {{"component", "a"}};
  registry.counter("n_total", labels, "How many.")->Add(3);
  registry.counter("n_total", labels)->Add();
  registry.gauge("level", labels)->Set(7);
  registry.gauge("level", labels)->Add(-2);
  registry.histogram("wait_seconds", labels)->Note(absl::Seconds(1), 2);
  EXPECT_EQ(registry.counter("n_total", labels)->value(), 4u);
  EXPECT_EQ(shown.counter("n_total", labels)->value(), 4u);
  EXPECT_EQ(shown.gauge("level", labels)->value(), 5);
  EXPECT_EQ(shown.histogram("wait_seconds", labels)->snapshot().seconds, 2);
  EXPECT_THAT(mirror.opened_,
              ::testing::ElementsAre("n_total", "level", "wait_seconds"));
  EXPECT_EQ(shown.Snapshot()[1].help, "How many.");
}

}  // namespace
}  // namespace sluice
