#include "pipeline/metrics/metrics.h"

#include <algorithm>
#include <tuple>

namespace sluice {
namespace {

template <typename Metrics, typename Key>
auto* FindOrMake(Metrics& metrics, Key key) {
  auto& slot = metrics[std::move(key)];
  if (slot == nullptr) {
    slot =
        std::make_unique<typename std::decay_t<decltype(slot)>::element_type>();
  }
  return slot.get();
}

}  // namespace

Counter* MetricRegistry::counter(std::string_view name,
                                 const MetricLabels& labels) {
  absl::MutexLock lock(&mu_);
  return FindOrMake(counters_, Key(name, labels));
}

Gauge* MetricRegistry::gauge(std::string_view name,
                             const MetricLabels& labels) {
  absl::MutexLock lock(&mu_);
  return FindOrMake(gauges_, Key(name, labels));
}

std::vector<MetricSample> MetricRegistry::Snapshot() const {
  std::vector<MetricSample> samples;
  {
    absl::MutexLock lock(&mu_);
    samples.reserve(counters_.size() + gauges_.size());
    for (const auto& [key, counter] : counters_) {
      samples.push_back({key.first, key.second, /*is_counter=*/true,
                         static_cast<int64_t>(counter->value())});
    }
    for (const auto& [key, gauge] : gauges_) {
      samples.push_back(
          {key.first, key.second, /*is_counter=*/false, gauge->value()});
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
