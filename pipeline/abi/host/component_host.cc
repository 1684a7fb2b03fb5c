#include "pipeline/abi/host/component_host.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "glog/logging.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/component_record.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"
#include "storage/base/version.h"

namespace sluice::abi {
namespace {

constexpr size_t kMaxLabels = 32;
constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxGaps = 10'000;

int64_t NowUnixNanos(SluiceComponent component) noexcept {
  const PinnedComponent pinned(component);
  return pinned ? absl::ToUnixNanos(pinned->context().executor->Now()) : 0;
}

int64_t MonotonicNanos(SluiceComponent component) noexcept {
  const PinnedComponent pinned(component);
  return pinned ? ToNanos(pinned->context().executor->MonotonicNow()) : 0;
}

// A task of a component on its way: run once, or else dropped.
class PostedTask {
 public:
  PostedTask(SluiceComponent component, const SluiceTask& task)
      : component_(component), task_(task) {}
  PostedTask(PostedTask&& other) noexcept
      : component_(other.component_),
        task_(std::exchange(other.task_, SluiceTask{})) {}
  PostedTask& operator=(PostedTask&&) = delete;
  ~PostedTask() {
    if (task_.run != nullptr && task_.drop != nullptr) {
      task_.drop(task_.context);
    }
  }

  void Run() {
    if (FindComponent(component_) == nullptr) return;
    const SluiceTask task = std::exchange(task_, SluiceTask{});
    task.run(task.context);
  }

 private:
  const SluiceComponent component_;
  SluiceTask task_;
};

// Hands `task` to `post`, which gets the executor and a callable; `post` is not
// called if the component is gone, or `task` is none.
template <typename PostIt>
uint64_t PostTask(SluiceComponent component, const SluiceTask* task,
                  PostIt post_it) {
  if (task == nullptr || ReadStruct(task).run == nullptr) return 0;
  PostedTask posted(component, ReadStruct(task));
  const PinnedComponent pinned(component);
  if (!pinned) return 0;
  return post_it(*pinned->context().executor,
                 [posted = std::move(posted)]() mutable { posted.Run(); });
}

uint8_t Post(SluiceComponent component, const SluiceTask* task) noexcept {
  return PostTask(component, task, [](Executor& executor, auto run) {
           executor.Post(std::move(run));
           return 1;
         }) != 0;
}

uint64_t PostAfter(SluiceComponent component, int64_t delay_nanos,
                   const SluiceTask* task) noexcept {
  return PostTask(component, task, [delay_nanos](Executor& executor, auto run) {
    return executor.PostAfter(absl::Nanoseconds(delay_nanos), std::move(run));
  });
}

uint8_t Cancel(SluiceComponent component, uint64_t timer) noexcept {
  const PinnedComponent pinned(component);
  return pinned && pinned->context().executor->Cancel(timer) ? 1 : 0;
}

uint64_t RandomBits(SluiceComponent component) noexcept {
  const auto record = FindComponent(component);
  if (record == nullptr || record->context().random == nullptr) return 0;
  return absl::Uniform<uint64_t>(*record->context().random);
}

void Log(SluiceComponent component, uint32_t severity,
         SluiceBytes message) noexcept {
  const PinnedComponent pinned(component);
  if (!pinned || !IsValid(message)) return;
  const std::string text = pinned->FullName() + ": " + Text(message);
  if (severity == SLUICE_SEVERITY_INFO) {
    LOG(INFO) << text;
  } else if (severity == SLUICE_SEVERITY_WARNING) {
    LOG(WARNING) << text;
  } else {
    LOG(ERROR) << text;
  }
}

void ReportHealth(SluiceComponent component, uint32_t state,
                  SluiceBytes message) noexcept {
  const auto record = FindComponent(component);
  if (record == nullptr) return;
  if (state < SLUICE_HEALTH_STARTING || state > SLUICE_HEALTH_PAUSED ||
      !IsValid(message)) {
    record->Complain("reported a health that there is not");
    return;
  }
  static_assert(static_cast<int>(HealthState::kStarting) == 0 &&
                static_cast<int>(HealthState::kPaused) == 3);
  record->context().health->Report(
      {static_cast<HealthState>(state - SLUICE_HEALTH_STARTING),
       Text(message)});
}

bool IsMetricName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] >= 'a' &&
         name[0] <= 'z' && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// Whether `spec` can be a metric, and if so its labels.
bool ReadLabels(const SluiceMetricSpec& spec, MetricLabels* labels) {
  if (spec.label_count > kMaxLabels) return false;
  if (spec.label_count != 0 && spec.labels == nullptr) return false;
  for (size_t i = 0; i < spec.label_count; ++i) {
    const SluiceLabel& label = spec.labels[i];
    if (!IsValid(label.key) || !IsMetricName(ToView(label.key)) ||
        !IsValid(label.value)) {
      return false;
    }
    labels->emplace_back(ToView(label.key), Text(label.value));
  }
  return true;
}

uint32_t Metric(SluiceComponent component,
                const SluiceMetricSpec* borrowed) noexcept {
  const PinnedComponent pinned(component);
  if (!pinned) return 0;
  const SluiceMetricSpec spec = ReadStruct(borrowed);
  MetricLabels labels;
  if (!IsValid(spec.name) || !IsMetricName(ToView(spec.name)) ||
      !IsValid(spec.help) || !ReadLabels(spec, &labels)) {
    pinned->Complain("wants a metric that cannot be one");
    return 0;
  }
  MetricRegistry& metrics = *pinned->context().metrics;
  const std::string_view name = ToView(spec.name);
  const std::string help = Text(spec.help);
  switch (spec.kind) {
    case SLUICE_METRIC_COUNTER:
      return pinned->AddMetric(metrics.counter(name, labels, help));
    case SLUICE_METRIC_GAUGE:
      return pinned->AddMetric(metrics.gauge(name, labels, help));
    case SLUICE_METRIC_HISTOGRAM:
      return pinned->AddMetric(metrics.histogram(name, labels, help));
    default:
      pinned->Complain("wants a metric of a kind that there is not");
      return 0;
  }
}

// Calls `use` with metric `number` of the component, if there is one.
template <typename Metric, typename Use>
void WithMetric(SluiceComponent component, uint32_t number, Use use) {
  const PinnedComponent pinned(component);
  if (!pinned) return;
  Metric* metric = pinned->FindMetric<Metric>(number);
  if (metric != nullptr) use(*metric);
}

void CounterAdd(SluiceComponent component, uint32_t metric,
                uint64_t n) noexcept {
  WithMetric<Counter>(component, metric, [&](Counter& c) { c.Add(n); });
}

void GaugeSet(SluiceComponent component, uint32_t metric,
              int64_t value) noexcept {
  WithMetric<Gauge>(component, metric, [&](Gauge& g) { g.Set(value); });
}

void GaugeAdd(SluiceComponent component, uint32_t metric, int64_t n) noexcept {
  WithMetric<Gauge>(component, metric, [&](Gauge& g) { g.Add(n); });
}

void HistogramNote(SluiceComponent component, uint32_t metric, int64_t nanos,
                   uint64_t n) noexcept {
  WithMetric<Histogram>(component, metric, [&](Histogram& h) {
    h.Note(absl::Nanoseconds(nanos), n);
  });
}

SluiceCode Emit(SluiceComponent component,
                const SluiceEmission* emission) noexcept {
  const auto record = FindComponent(component);
  return record == nullptr ? SLUICE_FAILED_PRECONDITION
                           : record->owner()->Emit(emission);
}

void NotifyWhenReady(SluiceComponent component) noexcept {
  const auto record = FindComponent(component);
  if (record != nullptr) record->owner()->NotifyWhenReady();
}

SluiceCode Complete(SluiceComponent component, uint64_t delivery,
                    const SluiceDeliveryResult* result) noexcept {
  const auto record = FindComponent(component);
  return record == nullptr ? SLUICE_FAILED_PRECONDITION
                           : record->owner()->Complete(delivery, result);
}

void Stopped(SluiceComponent component) noexcept {
  const auto record = FindComponent(component);
  if (record != nullptr) record->owner()->Stopped();
}

uint64_t HttpStart(SluiceComponent component, const SluiceHttpRequest* request,
                   const SluiceHttpHandler* handler) noexcept {
  const auto record = FindComponent(component);
  if (record == nullptr || record->http() == nullptr) return 0;
  const absl::StatusOr<uint64_t> number =
      record->http()->Start(request, handler);
  if (number.ok()) return *number;
  record->Complain(ToStd(number.status().message()));
  return 0;
}

void HttpCancel(SluiceComponent component, uint64_t request) noexcept {
  const auto record = FindComponent(component);
  if (record != nullptr && record->http() != nullptr) {
    record->http()->Cancel(request);
  }
}

void HttpPause(SluiceComponent component, uint64_t request) noexcept {
  const auto record = FindComponent(component);
  if (record != nullptr && record->http() != nullptr) {
    record->http()->Pause(request);
  }
}

void HttpResume(SluiceComponent component, uint64_t request) noexcept {
  const auto record = FindComponent(component);
  if (record != nullptr && record->http() != nullptr) {
    record->http()->Resume(request);
  }
}

bool ReadGap(const SluiceGap& crossed, SourceGap* gap) {
  if (crossed.state < SLUICE_GAP_OPEN || crossed.state > SLUICE_GAP_UNCLOSED ||
      !IsValid(crossed.cause) || !IsValid(crossed.reason)) {
    return false;
  }
  static_assert(static_cast<int>(SourceGap::State::kOpen) == 0 &&
                static_cast<int>(SourceGap::State::kUnclosed) == 2);
  gap->state = static_cast<SourceGap::State>(crossed.state - SLUICE_GAP_OPEN);
  gap->cause = Text(crossed.cause, kMaxReasonBytes);
  gap->start = absl::FromUnixNanos(crossed.start_unix_nanos);
  gap->end = absl::FromUnixNanos(crossed.end_unix_nanos);
  gap->recovered_events = crossed.recovered_events;
  gap->reason = Text(crossed.reason);
  return true;
}

void ReportGaps(SluiceComponent component,
                const SluiceGaps* borrowed) noexcept {
  const auto record = FindComponent(component);
  if (record == nullptr) return;
  const SluiceGaps crossed = ReadStruct(borrowed);
  SourceGaps gaps;
  gaps.open = crossed.open;
  gaps.closed = crossed.closed;
  gaps.unclosed = crossed.unclosed;
  gaps.recovered_events = crossed.recovered_events;
  bool good = crossed.recent_count <= kMaxGaps &&
              (crossed.recent != nullptr || crossed.recent_count == 0);
  for (size_t i = 0; good && i < crossed.recent_count; ++i) {
    good = ReadGap(crossed.recent[i], &gaps.recent.emplace_back());
  }
  if (good) {
    record->context().health->ReportGaps(std::move(gaps));
  } else {
    record->Complain("reports gaps that cannot be read");
  }
}

}  // namespace

const SluiceHost& Host() {
  static const SluiceHost host = {
      .struct_size = sizeof(SluiceHost),
      .abi_major = SLUICE_ABI_MAJOR,
      .abi_minor = SLUICE_ABI_MINOR,
      .capabilities = SLUICE_CAPABILITY_HTTP | SLUICE_CAPABILITY_GAPS,
      .version = ToBytes(kVersion),
      .now_unix_nanos = NowUnixNanos,
      .monotonic_nanos = MonotonicNanos,
      .post = Post,
      .post_after = PostAfter,
      .cancel = Cancel,
      .random_bits = RandomBits,
      .log = Log,
      .report_health = ReportHealth,
      .metric = Metric,
      .counter_add = CounterAdd,
      .gauge_set = GaugeSet,
      .gauge_add = GaugeAdd,
      .histogram_note = HistogramNote,
      .emit = Emit,
      .notify_when_ready = NotifyWhenReady,
      .complete = Complete,
      .stopped = Stopped,
      .http_start = HttpStart,
      .http_cancel = HttpCancel,
      .http_pause = HttpPause,
      .http_resume = HttpResume,
      .report_gaps = ReportGaps,
  };
  return host;
}

std::string Text(SluiceBytes bytes, size_t max_bytes) {
  return IsValid(bytes) ? ToUtf8(ToView(bytes).substr(0, max_bytes)) : "";
}

SluiceCode ComponentHost::Owner::Emit(const SluiceEmission*) {
  return SLUICE_FAILED_PRECONDITION;
}

SluiceCode ComponentHost::Owner::Complete(uint64_t,
                                          const SluiceDeliveryResult*) {
  return SLUICE_FAILED_PRECONDITION;
}

ComponentHost::ComponentHost(const ComponentContext& context,
                             std::string plugin, Owner* owner)
    : record_(std::make_shared<Record>(context, std::move(plugin), owner)),
      handle_(OpenHandle(record_)) {}

ComponentHost::~ComponentHost() {
  record_->CloseHttp();
  CloseHandle(handle_);
}

SluiceStart ComponentHost::MakeStart() const {
  return {sizeof(SluiceStart), handle_, ToBytes(record_->context().name),
          ToBytes(record_->context().pipeline), nullptr};
}

void ComponentHost::Complain(std::string_view what) { record_->Complain(what); }

}  // namespace sluice::abi
