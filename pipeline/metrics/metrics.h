// Counters, gauges and histograms: written by components without a lock, read
// by whoever reports.
#ifndef PIPELINE_METRICS_METRICS_H_
#define PIPELINE_METRICS_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace sluice {

// Label names and values, e.g. {{"pipeline", "office"}, {"component",
// "sensors"}}.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

enum class MetricKind { kCounter, kGauge, kHistogram };

// Where metrics are shown that components write in a registry of another
// module: a plugin in a shared object has a registry of its own, and a mirror
// carries what is written in it to the process.
//
// Thread-safety: all methods from any thread. `metric` is what Open() gave.
class MetricMirror {
 public:
  virtual ~MetricMirror() = default;
  virtual uint32_t Open(MetricKind kind, std::string_view name,
                        const MetricLabels& labels, std::string_view help) = 0;
  virtual void AddToCounter(uint32_t metric, uint64_t n) = 0;
  virtual void SetGauge(uint32_t metric, int64_t value) = 0;
  virtual void AddToGauge(uint32_t metric, int64_t n) = 0;
  virtual void NoteInHistogram(uint32_t metric, absl::Duration time,
                               uint64_t n) = 0;
};

// One metric in a mirror, or none.
struct MirroredMetric {
  MetricMirror* mirror = nullptr;
  uint32_t metric = 0;
};

// A number that only grows.
class Counter {
 public:
  Counter() = default;
  explicit Counter(MirroredMetric mirrored) : mirrored_(mirrored) {}

  void Add(uint64_t n = 1) {
    value_.fetch_add(n, std::memory_order_relaxed);
    if (mirrored_.mirror != nullptr) {
      mirrored_.mirror->AddToCounter(mirrored_.metric, n);
    }
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
  const MirroredMetric mirrored_ = {};
};

// A number that goes up and down.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(MirroredMetric mirrored) : mirrored_(mirrored) {}

  void Set(int64_t value) {
    value_.store(value, std::memory_order_relaxed);
    if (mirrored_.mirror != nullptr) {
      mirrored_.mirror->SetGauge(mirrored_.metric, value);
    }
  }
  void Add(int64_t n) {
    value_.fetch_add(n, std::memory_order_relaxed);
    if (mirrored_.mirror != nullptr) {
      mirrored_.mirror->AddToGauge(mirrored_.metric, n);
    }
  }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
  const MirroredMetric mirrored_ = {};
};

// How often something took how long.
class Histogram {
 public:
  // Upper bounds of the buckets, in seconds; what takes longer than the last is
  // in one bucket more. Wide enough for a sync of a quick disk and for an event
  // that waited for an outage of a day to end.
  static constexpr std::array kBounds = {
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,  0.1,    0.25,   0.5,
      1.0,    2.5,   5.0,    10.0,  30.0, 120.0, 600.0, 3600.0, 14400., 86400.};
  struct Snapshot {
    std::array<uint64_t, kBounds.size() + 1> counts = {};  // By bucket.
    double seconds = 0;                                    // Sum of all.
  };

  Histogram() = default;
  explicit Histogram(MirroredMetric mirrored) : mirrored_(mirrored) {}

  // Notes something that took `time`, `n` times. A negative time, of a clock
  // that was set back, counts as none.
  void Note(absl::Duration time, uint64_t n = 1);
  Snapshot snapshot() const;

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_ = {};
  std::atomic<double> seconds_{0};
  const MirroredMetric mirrored_ = {};
};

struct MetricSample {
  std::string name;
  MetricLabels labels;
  MetricKind kind = MetricKind::kGauge;
  // What it counts or shows, in one sentence; empty: nobody said.
  std::string help;
  int64_t value = 0;  // But for histograms.
  Histogram::Snapshot histogram;
};

// Owns every metric of a process. A name follows
// `<area>_<noun>[_<unit>][_total]`, with base units: seconds, bytes. It is
// exported as `sluice_<name>` (docs/metrics.md), so it is kept once released.
//
// Thread-safety: all methods from any thread. Returned metrics live as long as
// the registry.
class MetricRegistry {
 public:
  MetricRegistry() = default;
  // What is written is written to `mirror`, too, which outlives this.
  explicit MetricRegistry(MetricMirror* mirror) : mirror_(mirror) {}
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // The metric of that name and those labels, made at the first call. Look it
  // up once and keep the pointer. `help` is what operators read about it, one
  // sentence; the first that is given for a name stays.
  Counter* counter(std::string_view name, const MetricLabels& labels,
                   std::string_view help = "");
  Gauge* gauge(std::string_view name, const MetricLabels& labels,
               std::string_view help = "");
  Histogram* histogram(std::string_view name, const MetricLabels& labels,
                       std::string_view help = "");

  // Every metric as it stands, ordered by name and labels.
  std::vector<MetricSample> Snapshot() const;

 private:
  using Key = std::pair<std::string, MetricLabels>;
  template <typename Metric>
  using Metrics = std::map<Key, std::unique_ptr<Metric>>;

  template <typename Metric>
  Metric* FindOrMake(Metrics<Metric>& metrics, MetricKind kind,
                     std::string_view name, const MetricLabels& labels,
                     std::string_view help) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  MetricSample Describe(const Key& key, MetricKind kind) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);

  MetricMirror* const mirror_ = nullptr;
  mutable absl::Mutex mu_;
  Metrics<Counter> counters_ ABSL_GUARDED_BY(mu_);
  Metrics<Gauge> gauges_ ABSL_GUARDED_BY(mu_);
  Metrics<Histogram> histograms_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::string, std::less<>> help_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // PIPELINE_METRICS_METRICS_H_
