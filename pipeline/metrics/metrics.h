// Counters and gauges: written by components without a lock, read by whoever
// reports.
#ifndef PIPELINE_METRICS_METRICS_H_
#define PIPELINE_METRICS_METRICS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sluice {

// A number that only grows.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A number that goes up and down.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Label names and values, e.g. {{"pipeline", "office"}, {"component",
// "sensors"}}.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

struct MetricSample {
  std::string name;
  MetricLabels labels;
  bool is_counter = false;
  int64_t value = 0;
};

// Owns every metric of a process. A name follows
// `<area>_<noun>[_<unit>][_total]`.
//
// Thread-safety: all methods from any thread. Returned metrics live as long as
// the registry.
class MetricRegistry {
 public:
  MetricRegistry() = default;
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // The metric of that name and those labels, made at the first call. Look it
  // up once and keep the pointer.
  Counter* counter(std::string_view name, const MetricLabels& labels);
  Gauge* gauge(std::string_view name, const MetricLabels& labels);

  // Every metric as it stands, ordered by name and labels.
  std::vector<MetricSample> Snapshot() const;

 private:
  using Key = std::pair<std::string, MetricLabels>;
  mutable absl::Mutex mu_;
  std::map<Key, std::unique_ptr<Counter>> counters_ ABSL_GUARDED_BY(mu_);
  std::map<Key, std::unique_ptr<Gauge>> gauges_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // PIPELINE_METRICS_METRICS_H_
