#include "plugins/disruptive/disruptive_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/executor/scoped_timer.h"
#include "plugins/disruptive/api_client.h"
#include "plugins/disruptive/authorizer.h"
#include "plugins/disruptive/device_labels.h"
#include "plugins/disruptive/device_table.h"
#include "plugins/disruptive/event_output.h"
#include "plugins/disruptive/server_clock.h"
#include "plugins/disruptive/stream_keeper.h"
#include "storage/base/status_macros.h"

namespace sluice::disruptive {
namespace {

// How often the health of a repair under way is looked at again.
constexpr absl::Duration kHealthInterval = absl::Seconds(5);

// The source's metrics, looked up once.
class Metrics {
 public:
  explicit Metrics(const ComponentContext& context) : context_(context) {}

  Counter* counter(const char* name, const char* help) const {
    return context_.metrics->counter(name, context_.metric_labels(), help);
  }
  Gauge* gauge(const char* name, const char* help) const {
    return context_.metrics->gauge(name, context_.metric_labels(), help);
  }

  ApiClient::Counters api() const {
    return {.requests = counter("disruptive_api_requests_total",
                                "Requests to the REST API."),
            .throttled =
                counter("disruptive_api_throttled_total",
                        "Requests that the REST API refused for their rate.")};
  }
  StreamKeeper::Counters stream() const {
    return {
        .reconnects =
            counter("disruptive_reconnects_total",
                    "Connections of the event stream after the first."),
        .connect_failures =
            counter("disruptive_connect_failures_total",
                    "Connections of the event stream that failed."),
        .handovers = counter("disruptive_handovers_total",
                             "Connections of the event stream that were "
                             "replaced before they ended."),
        .pings =
            counter("disruptive_pings_total", "Pings of the event stream."),
    };
  }
  DeviceLabels::Counters labels() const {
    return {.unlabelled = counter("disruptive_unlabelled_events_total",
                                  "Events handed on without the labels of "
                                  "their device."),
            .waiting = gauge("disruptive_events_waiting_for_labels",
                             "Events that wait for the labels of their "
                             "device.")};
  }
  GapRepair::Counters repair() const {
    return {
        .gaps = counter("disruptive_gaps_total",
                        "Gaps that were begun to be closed."),
        .unclosed = counter("disruptive_gaps_unclosed_total",
                            "Gaps that could not be closed."),
        .backfilled =
            counter("disruptive_backfilled_events_total",
                    "Events that history had brought and the stream had not."),
        .released_early = counter("disruptive_released_early_events_total",
                                  "Events of the stream handed on before their "
                                  "gap was closed, for want of room."),
        .open_gaps =
            gauge("disruptive_open_gaps", "Gaps that are being closed."),
        .held_events =
            gauge("disruptive_held_events",
                  "Events of the stream that wait for a gap to be closed."),
    };
  }

 private:
  const ComponentContext& context_;
};

}  // namespace

// Everything that exists between Start() and Stop().
class DisruptiveSource::Running final : private StreamKeeper::Listener {
 public:
  Running(const Settings* settings, const ComponentContext& context,
          Emitter* emitter)
      : settings_(settings),
        context_(context),
        live_events_(
            Metrics(context_).counter("disruptive_stream_events_total",
                                      "Events that came over the stream.")),
        malformed_(Metrics(context_).counter(
            "disruptive_malformed_frames_total",
            "Frames of the stream that could not be read.")),
        clock_(context.executor),
        table_(std::max(settings->overlap, absl::Seconds(1))),
        authorizer_(settings, context.executor, context.http, context.random,
                    &clock_),
        api_(settings, context.executor, context.http, &authorizer_,
             context.random, Metrics(context_).api()),
        output_(
            context.executor, emitter, &table_, &clock_,
            [this] { return MakeCheckpoint(); },
            [this](bool blocked) { OnBlocked(blocked); },
            [this](EventFields* event) { return labels_.Finish(event); }),
        labels_(
            settings, context.executor, &api_, Metrics(context_).labels(),
            [this](const EventFields& event) { repair_.Live(event); },
            [this] { output_.Flush(); }),
        repair_(settings, context.executor, &api_, &clock_, &table_, &output_,
                &ledger_, Metrics(context_).repair(),
                [this] { ReportHealth(); }),
        stream_(settings, context.executor, context.http, &authorizer_,
                context.random, &clock_, Metrics(context_).stream(), this),
        health_timer_(context.executor) {
    repair_.set_on_listed([this](const std::vector<ListedDevice>& devices) {
      labels_.OnListed(devices);
    });
  }

  absl::Status Start(const std::optional<std::string>& checkpoint) {
    std::optional<absl::Time> covered_until;
    if (checkpoint.has_value()) {
      SLUICE_ASSIGN_OR_RETURN(covered_until,
                              table_.Load(*checkpoint, settings_->project));
      if (!covered_until.has_value()) {
        LOG(WARNING) << "source " << context_.name
                     << ": what was read so far is of another project; "
                        "starting afresh with "
                     << settings_->project;
      }
    }
    if (covered_until.has_value()) repair_.Resume(ledger_.Load(*checkpoint));
    output_.Remember(table_.event_ids());
    stream_.Start(covered_until);
    return absl::OkStatus();
  }

  const GapLedger& ledger() const { return ledger_; }

 private:
  std::optional<std::string> MakeCheckpoint() {
    std::optional<absl::Time> covered = stream_.covered_until();
    if (!covered.has_value()) return std::nullopt;
    if (const std::optional<absl::Time> open = repair_.open_from()) {
      covered = std::min(*covered, *open);
    }
    if (const std::optional<absl::Time> held = labels_.held_since()) {
      covered = std::min(*covered, *held);
    }
    // One message behind the other is Protobuf's form of both merged.
    return table_.Serialize(settings_->project, *covered) + ledger_.Serialize();
  }

  void OnBlocked(bool blocked) {
    stream_.SetPaused(blocked);
    api_.SetPaused(blocked);
  }

  void ReportHealth() {
    Health health = stream_.health();
    const std::string repairs = repair_.summary();
    if (health.state == HealthState::kHealthy && repair_.open_gaps() > 0) {
      health.state = HealthState::kDegraded;
    }
    if (!repairs.empty()) absl::StrAppend(&health.message, "; ", repairs);
    if (repair_.open_gaps() > 0) {
      if (!api_.trouble().empty()) {
        absl::StrAppend(&health.message, " (", api_.trouble(), ")");
      }
      health_timer_.Start(kHealthInterval, [this] { ReportHealth(); });
    }
    context_.health->Report(std::move(health));
    context_.health->ReportGaps(ledger_.Report());
  }

  // StreamKeeper::Listener:
  void OnLiveEvent(const EventFields& event) override {
    live_events_->Add();
    if (labels_.MayPass(event, stream_.covered_until())) repair_.Live(event);
  }

  void OnLiveMalformed(MalformedInput malformed) override {
    malformed_->Add();
    output_.AddMalformed(std::move(malformed));
  }

  void OnFirstOpen(std::optional<absl::Time> covered_until,
                   absl::Time opened) override {
    if (covered_until.has_value()) {
      repair_.Open(GapRecord::Cause::kRestart, *covered_until, opened);
    } else if (settings_->first_start > absl::ZeroDuration()) {
      repair_.Open(GapRecord::Cause::kFirstStart,
                   opened - settings_->first_start, opened);
    }
    labels_.Refresh();
    // Without one, a crash now would make the next start another first one.
    checkpoint_now_ = true;
  }

  void OnStreamGap(absl::Time start, absl::Time end) override {
    repair_.Open(GapRecord::Cause::kReconnect, start, end);
    labels_.OnGap();
    // Else the repair lists the devices.
    if (!HasHistory(*settings_)) labels_.Refresh();
  }

  void OnLivePing(absl::Time time) override { repair_.Pinged(time); }

  void OnLiveIdle() override {
    if (std::exchange(checkpoint_now_, false)) {
      output_.CheckpointNow();
    } else {
      output_.Flush();
      output_.NoteProgress();
    }
  }

  void OnStreamHealth() override { ReportHealth(); }

  const Settings* settings_;
  const ComponentContext context_;
  Counter* live_events_;
  Counter* malformed_;
  ServerClock clock_;
  DeviceTable table_;
  Authorizer authorizer_;
  ApiClient api_;
  EventOutput output_;
  DeviceLabels labels_;
  GapLedger ledger_;
  GapRepair repair_;
  StreamKeeper stream_;
  ScopedTimer health_timer_;
  bool checkpoint_now_ = false;
};

DisruptiveSource::DisruptiveSource(Settings settings)
    : settings_(std::move(settings)) {}

DisruptiveSource::~DisruptiveSource() = default;

absl::Status DisruptiveSource::Start(const ComponentContext& context,
                                     Emitter* emitter,
                                     std::optional<std::string> checkpoint) {
  executor_ = context.executor;
  running_ = std::make_unique<Running>(&settings_, context, emitter);
  absl::Status status = running_->Start(checkpoint);
  if (!status.ok()) running_.reset();
  return status;
}

void DisruptiveSource::Stop(absl::AnyInvocable<void()> done) {
  running_.reset();
  if (executor_ == nullptr) return done();
  executor_->Post(std::move(done));
}

std::deque<std::shared_ptr<GapRecord>> DisruptiveSource::gaps() const {
  if (running_ == nullptr) return {};
  return running_->ledger().records();
}

}  // namespace sluice::disruptive
