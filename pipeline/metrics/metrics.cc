#include "pipeline/metrics/metrics.h"

#include <algorithm>
#include <tuple>

namespace sluice {

void Histogram::Note(absl::Duration time, uint64_t n) {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(time));
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  counts_[bucket - kBounds.begin()].fetch_add(n, std::memory_order_relaxed);
  seconds_.fetch_add(seconds * static_cast<double>(n),
                     std::memory_order_relaxed);
  if (mirrored_.mirror != nullptr) {
    mirrored_.mirror->NoteInHistogram(mirrored_.metric, time, n);
  }
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot snapshot;
  for (size_t i = 0; i < counts_.size(); ++i) {
    snapshot.counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  snapshot.seconds = seconds_.load(std::memory_order_relaxed);
  return snapshot;
}

template <typename Metric>
Metric* MetricRegistry::FindOrMake(Metrics<Metric>& metrics, MetricKind kind,
                                   std::string_view name,
                                   const MetricLabels& labels,
                                   std::string_view help) {
  if (!help.empty()) help_.emplace(name, help);
  auto& slot = metrics[Key(name, labels)];
  if (slot == nullptr) {
    MirroredMetric mirrored;
    if (mirror_ != nullptr) {
      mirrored = {mirror_, mirror_->Open(kind, name, labels, help)};
    }
    slot = std::make_unique<Metric>(mirrored);
  }
  return slot.get();
}

Counter* MetricRegistry::counter(std::string_view name,
                                 const MetricLabels& labels,
                                 std::string_view help) {
  absl::MutexLock lock(&mu_);
  return FindOrMake(counters_, MetricKind::kCounter, name, labels, help);
}

Gauge* MetricRegistry::gauge(std::string_view name, const MetricLabels& labels,
                             std::string_view help) {
  absl::MutexLock lock(&mu_);
  return FindOrMake(gauges_, MetricKind::kGauge, name, labels, help);
}

Histogram* MetricRegistry::histogram(std::string_view name,
                                     const MetricLabels& labels,
                                     std::string_view help) {
  absl::MutexLock lock(&mu_);
  return FindOrMake(histograms_, MetricKind::kHistogram, name, labels, help);
}

MetricSample MetricRegistry::Describe(const Key& key, MetricKind kind) const {
  MetricSample sample;
  sample.name = key.first;
  sample.labels = key.second;
  sample.kind = kind;
  const auto help = help_.find(key.first);
  if (help != help_.end()) sample.help = help->second;
  return sample;
}

std::vector<MetricSample> MetricRegistry::Snapshot() const {
  std::vector<MetricSample> samples;
  {
    absl::MutexLock lock(&mu_);
    samples.reserve(counters_.size() + gauges_.size() + histograms_.size());
    for (const auto& [key, counter] : counters_) {
      samples.push_back(Describe(key, MetricKind::kCounter));
      samples.back().value = static_cast<int64_t>(counter->value());
    }
    for (const auto& [key, gauge] : gauges_) {
      samples.push_back(Describe(key, MetricKind::kGauge));
      samples.back().value = gauge->value();
    }
    for (const auto& [key, histogram] : histograms_) {
      samples.push_back(Describe(key, MetricKind::kHistogram));
      samples.back().histogram = histogram->snapshot();
    }
  }
  std::stable_sort(samples.begin(), samples.end(),
                   [](const MetricSample& a, const MetricSample& b) {
                     return std::tie(a.name, a.labels) <
                            std::tie(b.name, b.labels);
                   });
  return samples;
}

}  // namespace sluice
