// What a component of a program says to sluice.
#ifndef PIPELINE_PLUGIN_PROCESS_PROGRAM_OUTBOX_H_
#define PIPELINE_PLUGIN_PROCESS_PROGRAM_OUTBOX_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "pipeline/api/component.h"
#include "proto/plugin/v1/plugin.pb.h"

namespace sluice::plugin_process {

// Sends messages in order. May block while sluice does not read, and with it
// the component: that is the backpressure.
//
// Thread-safety: the methods of MetricMirror from any thread, the rest on the
// component's executor.
class Outbox final : public HealthReporter, public MetricMirror {
 public:
  using Write = std::function<void(const plugin::v1::PluginMessage&)>;

  Outbox(Executor* executor, Write write)
      : executor_(executor), write_(std::move(write)) {}
  ~Outbox() override { executor_->Cancel(timer_); }

  // Sends `first`, and then what had to wait for it: all before it.
  void Begin(const plugin::v1::PluginMessage& first);
  void Send(plugin::v1::PluginMessage message);
  // Sends what was counted. Happens by itself some times a second, from the
  // first call on.
  void SendMetrics();

  // HealthReporter. Gaps are not part of the protocol.
  void Report(Health health) override;

  // MetricMirror:
  uint32_t Open(MetricKind kind, std::string_view name,
                const MetricLabels& labels, std::string_view help) override;
  void AddToCounter(uint32_t metric, uint64_t n) override;
  void SetGauge(uint32_t metric, int64_t value) override;
  void AddToGauge(uint32_t metric, int64_t n) override;
  void NoteInHistogram(uint32_t metric, absl::Duration time,
                       uint64_t n) override;

 private:
  struct Metric {
    plugin::v1::MetricReport::Change change;  // Its name, labels and help.
    int64_t value = 0;
    bool changed = false;
    // Of histograms: times and how often each was noted.
    std::vector<std::pair<absl::Duration, uint64_t>> notes;
  };

  Metric* Find(uint32_t metric) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  plugin::v1::MetricReport TakeChanges();

  Executor* const executor_;
  const Write write_;
  Executor::TimerId timer_ = 0;
  bool began_ = false;
  std::vector<plugin::v1::PluginMessage> held_;
  absl::Mutex mu_;
  std::vector<Metric> metrics_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROGRAM_OUTBOX_H_
