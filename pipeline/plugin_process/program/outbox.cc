#include "pipeline/plugin_process/program/outbox.h"

#include <utility>

#include "absl/time/time.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::MetricReport;
using plugin::v1::PluginMessage;

constexpr absl::Duration kBetweenReports = absl::Milliseconds(250);

// Sluice takes 1000 changes at once; what is over it stays for the next time.
constexpr int kMaxChanges = 1000;
// Of one histogram until it is sent; more are noted as the last one was.
constexpr size_t kMaxNotes = 100;

MetricReport::Kind KindOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return MetricReport::COUNTER;
    case MetricKind::kGauge:
      return MetricReport::GAUGE;
    case MetricKind::kHistogram:
      return MetricReport::HISTOGRAM;
  }
  return MetricReport::KIND_UNSPECIFIED;
}

}  // namespace

void Outbox::Begin(const PluginMessage& first) {
  began_ = true;
  write_(first);
  for (const PluginMessage& message : held_) write_(message);
  held_.clear();
}

void Outbox::Send(PluginMessage message) {
  if (began_) {
    write_(message);
  } else {
    held_.push_back(std::move(message));
  }
}

void Outbox::Report(Health health) {
  PluginMessage message;
  message.mutable_health()->set_state(static_cast<plugin::v1::Health::State>(
      static_cast<int>(health.state) + plugin::v1::Health::STARTING));
  message.mutable_health()->set_message(health.message);
  Send(std::move(message));
}

void Outbox::SendMetrics() {
  executor_->Cancel(timer_);
  PluginMessage message;
  *message.mutable_metrics() = TakeChanges();
  if (!message.metrics().changes().empty()) Send(message);
  timer_ = executor_->PostAfter(kBetweenReports, [this] { SendMetrics(); });
}

MetricReport Outbox::TakeChanges() {
  MetricReport report;
  absl::MutexLock lock(&mu_);
  for (Metric& metric : metrics_) {
    if (report.changes_size() >= kMaxChanges) break;
    if (std::exchange(metric.changed, false)) {
      *report.add_changes() = metric.change;
      report.mutable_changes()->rbegin()->set_value(metric.value);
      if (metric.change.kind() == MetricReport::COUNTER) metric.value = 0;
    }
    while (!metric.notes.empty() && report.changes_size() < kMaxChanges) {
      const auto [time, n] = metric.notes.back();
      metric.notes.pop_back();
      MetricReport::Change& change = *report.add_changes();
      change = metric.change;
      change.set_value(static_cast<int64_t>(n));
      const int64_t nanos = absl::ToInt64Nanoseconds(time);
      change.mutable_time()->set_seconds(nanos / 1'000'000'000);
      change.mutable_time()->set_nanos(
          static_cast<int32_t>(nanos % 1'000'000'000));
    }
  }
  return report;
}

uint32_t Outbox::Open(MetricKind kind, std::string_view name,
                      const MetricLabels& labels, std::string_view help) {
  Metric metric;
  metric.change.set_kind(KindOf(kind));
  metric.change.set_name(std::string(name));
  metric.change.set_help(std::string(help));
  for (const auto& [key, value] : labels) {
    (*metric.change.mutable_labels())[key] = value;
  }
  // Shown from the beginning, as 0.
  metric.changed = kind != MetricKind::kHistogram;
  absl::MutexLock lock(&mu_);
  metrics_.push_back(std::move(metric));
  return static_cast<uint32_t>(metrics_.size());
}

Outbox::Metric* Outbox::Find(uint32_t metric) {
  return metric == 0 || metric > metrics_.size() ? nullptr
                                                 : &metrics_[metric - 1];
}

void Outbox::AddToCounter(uint32_t metric, uint64_t n) {
  absl::MutexLock lock(&mu_);
  if (Metric* found = Find(metric)) {
    found->value += static_cast<int64_t>(n);
    found->changed = true;
  }
}

void Outbox::SetGauge(uint32_t metric, int64_t value) {
  absl::MutexLock lock(&mu_);
  if (Metric* found = Find(metric)) {
    found->value = value;
    found->changed = true;
  }
}

void Outbox::AddToGauge(uint32_t metric, int64_t n) {
  absl::MutexLock lock(&mu_);
  if (Metric* found = Find(metric)) {
    found->value += n;
    found->changed = true;
  }
}

void Outbox::NoteInHistogram(uint32_t metric, absl::Duration time, uint64_t n) {
  absl::MutexLock lock(&mu_);
  Metric* found = Find(metric);
  if (found == nullptr) return;
  if (found->notes.size() < kMaxNotes) {
    found->notes.emplace_back(time, n);
  } else {
    found->notes.back().second += n;
  }
}

}  // namespace sluice::plugin_process
