#include "pipeline/plugin_process/supervisor.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/plugin_process/launch.h"
#include "storage/base/status_macros.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::MetricReport;
using plugin::v1::PluginMessage;

// After a component that ran so long, waits are short again. A start that takes
// so long and fails is no such thing.
constexpr absl::Duration kStable = absl::Seconds(30);
// For the system to end what was killed.
constexpr absl::Duration kAfterKill = absl::Seconds(2);

constexpr int kMaxChanges = 1000;
constexpr size_t kMaxMetrics = 1000;
constexpr int kMaxLabels = 32;
constexpr size_t kMaxNameBytes = 200;

bool IsMetricName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] >= 'a' &&
         name[0] <= 'z' && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

absl::Status NoMetric(std::string_view name) {
  return absl::InvalidArgumentError(
      absl::StrCat("counts what cannot be a metric: \"",
                   BoundedText(name, kMaxNameBytes), "\""));
}

std::string ShortTime(absl::Duration time) {
  return absl::FormatDuration(absl::Trunc(time, absl::Milliseconds(1)));
}

}  // namespace

Supervisor::~Supervisor() {
  if (!started()) return;
  context_.executor->Cancel(restart_);
  context_.executor->Cancel(stop_limit_);
  if (run_ != nullptr) run_->Abandon();
}

void Supervisor::Start(const ComponentContext& context) {
  context_ = context;
  backoff_ =
      Backoff(choice_.program->restart_initial, choice_.program->restart_max);
  restarts_ = context.metrics->counter(
      "plugin_restarts_total", context.metric_labels(),
      "Times that the process of the plugin was started again.");
  faults_ =
      context.metrics->counter("plugin_faults_total", context.metric_labels(),
                               "Times that the plugin did what it must not.");
  StartRun();
}

void Supervisor::StartRun() {
  restart_ = 0;
  HostMessage message;
  plugin::v1::Start& start = *message.mutable_start();
  start.set_kind(choice_.kind);
  start.set_plugin(choice_.plugin);
  start.set_config(choice_.config);
  start.set_component(context_.name);
  start.set_pipeline(context_.pipeline);
  owner_->FillStart(start);
  running_since_ = absl::InfiniteDuration();
  run_ = std::make_shared<PluginRun>(
      context_.executor, choice_.program, launcher_,
      absl::StrCat(context_.pipeline, ".", context_.name, ": ",
                   choice_.program->label()),
      static_cast<PluginRun::Owner*>(this));
  run_->Begin(std::move(message));
}

absl::Duration Supervisor::until_start() const {
  if (restart_ == 0) return absl::ZeroDuration();
  return std::max(restart_due_ - context_.executor->MonotonicNow(),
                  absl::ZeroDuration());
}

void Supervisor::OnStarted() {
  running_ = true;
  running_since_ = context_.executor->MonotonicNow();
  // Until it says something else itself.
  context_.health->Report({HealthState::kHealthy, ""});
  owner_->OnRunning();
}

absl::Status Supervisor::OnMessage(PluginMessage& message) {
  if (message.has_health()) return ApplyHealth(message.health());
  if (message.has_metrics()) return ApplyMetrics(message.metrics());
  return owner_->OnMessage(message);
}

void Supervisor::OnEnd(const std::string& why, bool fault,
                       std::deque<HostMessage> unsent) {
  running_ = false;
  run_ = nullptr;
  if (fault) faults_->Add();
  const std::string sentence = absl::StrCat(choice_.label(), " ", why);
  owner_->OnLost(sentence, std::move(unsent));
  if (stopping_) {
    LOG_IF(WARNING, fault) << context_.pipeline << "." << context_.name << ": "
                           << sentence;
    return FinishStop();
  }
  if (owner_->WantsRestart()) ScheduleRestart(sentence);
}

void Supervisor::ScheduleRestart(const std::string& why) {
  const absl::Duration now = context_.executor->MonotonicNow();
  if (now - running_since_ >= kStable) backoff_.Reset();
  const absl::Duration wait = backoff_.Next(*context_.random);
  restarts_->Add();
  restart_due_ = now + wait;
  restart_ = context_.executor->PostAfter(wait, [this] { StartRun(); });
  // Waits differ each time; a message that did would be logged each time.
  LOG(WARNING) << context_.pipeline << "." << context_.name << ": " << why
               << "; it is started again in " << ShortTime(wait) << " (restart "
               << restarts_->value() << ")";
  context_.health->Report(
      {HealthState::kDegraded, absl::StrCat(why, "; it is started again")});
}

absl::Status Supervisor::ApplyHealth(const plugin::v1::Health& health) {
  if (health.state() < plugin::v1::Health::STARTING ||
      health.state() > plugin::v1::Health::PAUSED) {
    return absl::InvalidArgumentError("reported a health that there is not");
  }
  static_assert(static_cast<int>(HealthState::kStarting) ==
                    plugin::v1::Health::STARTING - 1 &&
                static_cast<int>(HealthState::kPaused) ==
                    plugin::v1::Health::PAUSED - 1);
  context_.health->Report({static_cast<HealthState>(health.state() - 1),
                           BoundedText(health.message())});
  return absl::OkStatus();
}

absl::Status Supervisor::ApplyMetrics(const MetricReport& report) {
  if (report.changes_size() > kMaxChanges) {
    return absl::InvalidArgumentError(
        absl::StrCat("reports ", report.changes_size(),
                     " changes of metrics at once; at most ", kMaxChanges));
  }
  for (const MetricReport::Change& change : report.changes()) {
    SLUICE_RETURN_IF_ERROR(ApplyChange(change));
  }
  return absl::OkStatus();
}

absl::Status Supervisor::ApplyChange(const MetricReport::Change& change) {
  if (!IsMetricName(change.name()) || change.labels_size() > kMaxLabels) {
    return NoMetric(change.name());
  }
  std::map<std::string, std::string> ordered;
  for (const auto& [key, value] : change.labels()) {
    if (!IsMetricName(key)) return NoMetric(change.name());
    ordered[key] = BoundedText(value);
  }
  for (const auto& [key, value] : context_.metric_labels()) {
    ordered[key] = value;
  }
  const MetricLabels labels(ordered.begin(), ordered.end());
  metrics_.emplace(change.name(), labels);
  if (metrics_.size() > kMaxMetrics) {
    return absl::InvalidArgumentError(
        absl::StrCat("has more than ", kMaxMetrics, " metrics"));
  }
  const std::string help = BoundedText(change.help());
  MetricRegistry& metrics = *context_.metrics;
  switch (change.kind()) {
    case MetricReport::COUNTER:
      if (change.value() < 0) return NoMetric(change.name());
      metrics.counter(change.name(), labels, help)
          ->Add(static_cast<uint64_t>(change.value()));
      return absl::OkStatus();
    case MetricReport::GAUGE:
      metrics.gauge(change.name(), labels, help)->Set(change.value());
      return absl::OkStatus();
    case MetricReport::HISTOGRAM:
      if (change.value() < 0) return NoMetric(change.name());
      metrics.histogram(change.name(), labels, help)
          ->Note(absl::Seconds(change.time().seconds()) +
                     absl::Nanoseconds(change.time().nanos()),
                 static_cast<uint64_t>(change.value()));
      return absl::OkStatus();
    default:
      return NoMetric(change.name());
  }
}

void Supervisor::Stop(absl::AnyInvocable<void()> done) {
  stopping_ = true;
  if (run_ == nullptr) {
    if (started()) context_.executor->Cancel(restart_);
    return done();
  }
  stopped_ = std::move(done);
  stop_limit_ = context_.executor->PostAfter(
      2 * choice_.program->stop_grace + kAfterKill, [this] {
        LOG(ERROR) << context_.pipeline << "." << context_.name << ": "
                   << choice_.label() << " cannot be killed";
        std::exchange(run_, nullptr)->Abandon();
        running_ = false;
        owner_->OnLost(absl::StrCat(choice_.label(), " cannot be killed"), {});
        FinishStop();
      });
  run_->Stop();
}

void Supervisor::FinishStop() {
  context_.executor->Cancel(stop_limit_);
  if (stopped_) std::exchange(stopped_, nullptr)();
}

}  // namespace sluice::plugin_process
