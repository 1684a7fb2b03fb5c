#include "pipeline/abi/library/surroundings.h"

#include <utility>
#include <vector>

#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/library/guarded.h"

namespace sluice::abi {
namespace {

// A task on its way through the host.
struct CrossingTask {
  HostPort port;
  Executor::Task task;
  // What `task` may use.
  std::shared_ptr<const void> alive;
};

void RunTask(void* context) noexcept {
  const std::unique_ptr<CrossingTask> crossing(
      static_cast<CrossingTask*>(context));
  GuardedTask(*crossing->port.host, crossing->port.component,
              [&] { std::move(crossing->task)(); });
}

void DropTask(void* context) noexcept {
  delete static_cast<CrossingTask*>(context);
}

uint32_t KindOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return SLUICE_METRIC_COUNTER;
    case MetricKind::kGauge:
      return SLUICE_METRIC_GAUGE;
    case MetricKind::kHistogram:
      return SLUICE_METRIC_HISTOGRAM;
  }
  return 0;
}

}  // namespace

SluiceTask HostExecutor::MakeTask(Task task) const {
  auto crossing = std::make_unique<CrossingTask>();
  crossing->port = port_;
  crossing->task = std::move(task);
  crossing->alive = alive_.lock();
  return {sizeof(SluiceTask), crossing.release(), RunTask, DropTask};
}

void HostExecutor::Post(Task task) {
  const SluiceTask crossing = MakeTask(std::move(task));
  port_.host->post(port_.component, &crossing);
}

Executor::TimerId HostExecutor::PostAfter(absl::Duration delay, Task task) {
  const SluiceTask crossing = MakeTask(std::move(task));
  return port_.host->post_after(port_.component, ToNanos(delay), &crossing);
}

bool HostExecutor::Cancel(TimerId id) {
  return port_.host->cancel(port_.component, id) != 0;
}

absl::Time HostExecutor::Now() const {
  return absl::FromUnixNanos(port_.host->now_unix_nanos(port_.component));
}

absl::Duration HostExecutor::MonotonicNow() const {
  return absl::Nanoseconds(port_.host->monotonic_nanos(port_.component));
}

void HostHealth::Report(Health health) {
  static_assert(SLUICE_HEALTH_STARTING == 1 && SLUICE_HEALTH_PAUSED == 4);
  port_.host->report_health(
      port_.component, SLUICE_HEALTH_STARTING + static_cast<int>(health.state),
      ToBytes(health.message));
}

void HostHealth::ReportGaps(SourceGaps gaps) {
  static_assert(SLUICE_GAP_OPEN == 1 && SLUICE_GAP_UNCLOSED == 3);
  std::vector<SluiceGap> recent;
  for (const SourceGap& gap : gaps.recent) {
    recent.push_back({
        .state = SLUICE_GAP_OPEN + static_cast<uint32_t>(gap.state),
        .cause = ToBytes(gap.cause),
        .start_unix_nanos = absl::ToUnixNanos(gap.start),
        .end_unix_nanos = absl::ToUnixNanos(gap.end),
        .recovered_events = gap.recovered_events,
        .reason = ToBytes(gap.reason),
    });
  }
  const SluiceGaps crossing = {
      .struct_size = sizeof(SluiceGaps),
      .open = gaps.open,
      .closed = gaps.closed,
      .unclosed = gaps.unclosed,
      .recovered_events = gaps.recovered_events,
      .recent = recent.data(),
      .recent_count = recent.size(),
  };
  port_.host->report_gaps(port_.component, &crossing);
}

uint32_t HostMetrics::Open(MetricKind kind, std::string_view name,
                           const MetricLabels& labels, std::string_view help) {
  std::vector<SluiceLabel> crossing;
  for (const auto& [key, value] : labels) {
    crossing.push_back({ToBytes(key), ToBytes(value)});
  }
  const SluiceMetricSpec spec = {
      .struct_size = sizeof(SluiceMetricSpec),
      .kind = KindOf(kind),
      .name = ToBytes(name),
      .labels = crossing.data(),
      .label_count = crossing.size(),
      .help = ToBytes(help),
  };
  return port_.host->metric(port_.component, &spec);
}

void HostMetrics::AddToCounter(uint32_t metric, uint64_t n) {
  port_.host->counter_add(port_.component, metric, n);
}

void HostMetrics::SetGauge(uint32_t metric, int64_t value) {
  port_.host->gauge_set(port_.component, metric, value);
}

void HostMetrics::AddToGauge(uint32_t metric, int64_t n) {
  port_.host->gauge_add(port_.component, metric, n);
}

void HostMetrics::NoteInHistogram(uint32_t metric, absl::Duration time,
                                  uint64_t n) {
  port_.host->histogram_note(port_.component, metric, ToNanos(time), n);
}

std::shared_ptr<Surroundings> Surroundings::Make(const SluiceHost* host,
                                                 const SluiceStart& start) {
  std::shared_ptr<Surroundings> made(
      new Surroundings({host, start.component}, start));
  made->executor_.KeepAlive(made);
  return made;
}

Surroundings::Surroundings(HostPort port, const SluiceStart& start)
    : port_(port),
      executor_(port),
      http_(port, &executor_),
      health_(port),
      mirror_(port),
      metrics_(&mirror_),
      bits_(port),
      random_(bits_) {
  context_.name = std::string(ToView(start.name));
  context_.pipeline = std::string(ToView(start.pipeline));
  context_.executor = &executor_;
  context_.http = &http_;
  context_.health = &health_;
  context_.metrics = &metrics_;
  context_.random = &random_;
}

}  // namespace sluice::abi
