#include "plugins/disruptive/stream_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/disruptive/event_fields.h"

namespace sluice::disruptive {
namespace {

// A connection that stood so long was a good one: backoff begins anew. Anything
// earlier would let a server that accepts and drops make a hot loop.
constexpr absl::Duration kStableAfter = absl::Seconds(30);
constexpr absl::Duration kDefaultThrottleWait = absl::Seconds(5);
constexpr absl::Duration kLongestThrottleWait = absl::Minutes(10);
// A new connection is opened so long before the old one's token ends.
constexpr absl::Duration kTokenMargin = absl::Minutes(5);
constexpr absl::Duration kShortestLife = absl::Seconds(10);
// How far off our idea of the service's clock may be within a connection.
constexpr absl::Duration kClockDoubt = absl::Milliseconds(200);
// What a successor may have kept back.
constexpr size_t kMaxKeptBack = 4 << 20;

void Count(Counter* counter) {
  if (counter != nullptr) counter->Add();
}

// What an operator has to do about `end`; empty: nothing.
std::string Advice(const StreamEnd& end) {
  switch (end.kind) {
    case StreamEnd::Kind::kUnauthorized:
    case StreamEnd::Kind::kNoCredentials:
      return absl::StrCat(end.message, "; check \"credentials\"");
    case StreamEnd::Kind::kProject:
      return absl::StrCat(end.message,
                          "; check \"project\" and the role the service "
                          "account has in it");
    case StreamEnd::Kind::kRefused:
      return absl::StrCat(end.message,
                          "; check \"device_ids\", \"label_filters\" and "
                          "\"base_url\"");
    case StreamEnd::Kind::kCertificate:
      return absl::StrCat(end.message, "; check \"ca_file\"");
    case StreamEnd::Kind::kLost:
    case StreamEnd::Kind::kThrottled:
      return "";
  }
  return "";
}

}  // namespace

StreamKeeper::StreamKeeper(const Settings* settings, Executor* executor,
                           HttpClient* http, Authorizer* authorizer,
                           absl::BitGenRef* random, ServerClock* clock,
                           Counters counters, Listener* listener)
    : settings_(settings),
      executor_(executor),
      http_(http),
      authorizer_(authorizer),
      random_(random),
      clock_(clock),
      counters_(counters),
      listener_(listener),
      backoff_(settings->reconnect_initial, settings->reconnect_max, random),
      retire_timer_(executor),
      connect_timer_(executor),
      stable_timer_(executor),
      rotate_timer_(executor),
      handover_timer_(executor) {}

void StreamKeeper::Start(std::optional<absl::Time> covered_until) {
  covered_until_ = covered_until;
  covered_by_server_ = covered_until.has_value();
  SetHealth(HealthState::kStarting, "connecting to the event stream");
  Connect();
}

void StreamKeeper::SetPaused(bool paused) {
  paused_ = paused;
  if (active_ != nullptr) active_->SetPaused(paused);
  if (successor_ != nullptr) successor_->SetPaused(paused);
}

std::unique_ptr<StreamConnection> StreamKeeper::NewConnection() {
  auto stream = std::make_unique<StreamConnection>(
      settings_, executor_, http_, authorizer_, &decoder_,
      static_cast<StreamConnection::Listener*>(this));
  stream->SetPaused(paused_);
  return stream;
}

void StreamKeeper::Connect() {
  active_ = NewConnection();
  active_->Open();
}

void StreamKeeper::Retire(std::unique_ptr<StreamConnection> stream) {
  stream->Close();
  retired_.push_back(std::move(stream));
  retire_timer_.Start(absl::ZeroDuration(), [this] { retired_.clear(); });
}

void StreamKeeper::SetHealth(HealthState state, std::string message) {
  if (health_.state == state && health_.message == message) return;
  health_ = {state, std::move(message)};
  listener_->OnStreamHealth();
}

void StreamKeeper::OnStreamOpen(StreamConnection* stream,
                                const HttpHeaders& headers) {
  clock_->ObserveDate(headers);
  if (stream == active_.get()) {
    OnActiveOpen();
  } else {
    successor_opened_ = clock_->Now();
    handover_timer_.Start(settings_->silence_limit() * 3, [this] {
      // Neither took the other's place nor failed: try again with another.
      DropSuccessor();
      rotate_timer_.Start(settings_->silence_limit(), [this] { Rotate(); });
    });
  }
}

void StreamKeeper::OnActiveOpen() {
  const absl::Time opened = clock_->Now();
  unauthorized_ = 0;
  stable_timer_.Start(kStableAfter, [this] { backoff_.Reset(); });
  const std::optional<absl::Time> before = covered_until_;
  if (!std::exchange(opened_before_, true)) {
    listener_->OnFirstOpen(before, opened);
  } else {
    listener_->OnStreamGap(*before, opened);
  }
  // The next ping says how far this connection has come; until then what was
  // covered before still counts.
  if (!before.has_value()) covered_until_ = opened;
  SetHealth(HealthState::kHealthy, "streaming");
  ScheduleRotation();
  listener_->OnLiveIdle();
}

void StreamKeeper::OnStreamPing(StreamConnection* stream,
                                std::optional<absl::Time> time) {
  Count(counters_.pings);
  if (time.has_value()) clock_->ObservePing(*time);
  if (stream != active_.get()) {
    successor_delivered_ = true;
    successor_ping_ = time.value_or(clock_->Now());
    return;
  }
  listener_->OnLivePing(time.value_or(clock_->Now()));
  if (!time.has_value()) return;
  // The first start began by our own clock.
  if (!std::exchange(covered_by_server_, true)) covered_until_ = *time;
  covered_until_ = std::max(*covered_until_, *time);
  if (successor_ != nullptr && successor_->open() &&
      *time > successor_opened_ + kClockDoubt) {
    old_proved_ = true;
  }
}

void StreamKeeper::OnStreamEvent(StreamConnection* stream,
                                 const EventFields& event) {
  if (stream != active_.get()) {
    successor_delivered_ = true;
    KeepBack(event);
    return;
  }
  if (kept_back_ids_.contains(
          absl::string_view(event.id.data(), event.id.size()))) {
    old_proved_ = true;
  }
  listener_->OnLiveEvent(event);
}

void StreamKeeper::KeepBack(const EventFields& event) {
  kept_back_.Add(event);
  kept_back_ids_.emplace(event.id);
}

// What both connections bring is handed on once, whichever is first.
void StreamKeeper::OnStreamMalformed(StreamConnection* stream,
                                     MalformedInput malformed) {
  if (stream != active_.get()) {
    successor_delivered_ = true;
    const auto passed = std::find(passed_malformed_.begin(),
                                  passed_malformed_.end(), malformed.bytes);
    if (passed != passed_malformed_.end()) {
      passed_malformed_.erase(passed);
    } else {
      kept_back_malformed_.push_back(std::move(malformed));
    }
    return;
  }
  if (successor_ != nullptr && successor_->open()) {
    const auto same = std::find_if(
        kept_back_malformed_.begin(), kept_back_malformed_.end(),
        [&](const MalformedInput& m) { return m.bytes == malformed.bytes; });
    if (same != kept_back_malformed_.end()) {
      kept_back_malformed_.erase(same);
    } else {
      passed_malformed_.push_back(malformed.bytes);
    }
  }
  listener_->OnLiveMalformed(std::move(malformed));
}

void StreamKeeper::OnStreamIdle(StreamConnection*) {
  if (handover_ready()) {
    TakeOver();
  } else if (kept_back_.wire_size() > kMaxKeptBack) {
    // The old connection does not keep up; what it has not proved is a gap.
    listener_->OnStreamGap(*covered_until_, successor_opened_);
    TakeOver();
  }
  listener_->OnLiveIdle();
}

void StreamKeeper::OnStreamEnd(StreamConnection* stream, StreamEnd end) {
  if (end.kind == StreamEnd::Kind::kUnauthorized) {
    authorizer_->Reject(stream->grant().header);
  }
  if (stream == active_.get()) {
    OnActiveEnd(end);
  } else {
    Count(counters_.connect_failures);
    DropSuccessor();
    const absl::Duration wait =
        Advice(end).empty()
            ? backoff_.Next(end.retry_after.value_or(absl::Seconds(5)))
            : RefusalWait(random_);
    rotate_timer_.Start(wait, [this] { Rotate(); });
  }
  listener_->OnLiveIdle();
}

void StreamKeeper::OnActiveEnd(const StreamEnd& end) {
  Count(active_->open() ? counters_.reconnects : counters_.connect_failures);
  stable_timer_.Cancel();
  rotate_timer_.Cancel();
  if (successor_ != nullptr && successor_->open()) {
    if (!old_proved_) {
      listener_->OnStreamGap(*covered_until_, successor_opened_);
    }
    return TakeOver();
  }
  Retire(std::move(active_));
  if (successor_ != nullptr) {
    active_ = std::move(successor_);
    SetHealth(HealthState::kDegraded,
              absl::StrCat(end.message, "; reconnecting"));
    return;
  }
  WaitAndConnect(end);
}

void StreamKeeper::WaitAndConnect(const StreamEnd& end) {
  // A token may just have ended: once it is worth trying with a new one.
  const bool refused_token = end.kind == StreamEnd::Kind::kUnauthorized;
  const bool try_again = end.kind == StreamEnd::Kind::kLost ||
                         end.kind == StreamEnd::Kind::kThrottled ||
                         (refused_token && ++unauthorized_ == 1);
  absl::Duration wait;
  if (!try_again) {
    SetHealth(HealthState::kPaused, Advice(end));
    wait = RefusalWait(random_);
  } else {
    if (health_.state != HealthState::kPaused) {
      SetHealth(HealthState::kDegraded,
                absl::StrCat(end.message, "; reconnecting"));
    }
    const absl::Duration asked = end.retry_after.value_or(
        end.kind == StreamEnd::Kind::kThrottled ? kDefaultThrottleWait
                                                : absl::ZeroDuration());
    wait = backoff_.Next(std::min(asked, kLongestThrottleWait));
  }
  connect_timer_.Start(wait, [this] { Connect(); });
}

void StreamKeeper::ScheduleRotation() {
  absl::Duration life = settings_->max_stream_age;
  const absl::Duration token_left =
      active_->grant().expires - executor_->MonotonicNow();
  if (token_left < absl::InfiniteDuration()) {
    life =
        std::min(life, token_left - std::min(kTokenMargin, token_left * 0.1));
  }
  // Up to a tenth earlier, so that many sources do not change together.
  life -= RandomDuration(random_, absl::ZeroDuration(), life * 0.1);
  rotate_timer_.Start(std::max(life, kShortestLife), [this] { Rotate(); });
}

void StreamKeeper::Rotate() {
  if (successor_ != nullptr || active_ == nullptr || !active_->open()) return;
  successor_ = NewConnection();
  successor_->Open();
}

void StreamKeeper::DropSuccessor() {
  handover_timer_.Cancel();
  if (successor_ != nullptr) Retire(std::move(successor_));
  successor_delivered_ = false;
  successor_ping_.reset();
  old_proved_ = false;
  kept_back_ = EventBatchBuilder();
  kept_back_ids_.clear();
  kept_back_malformed_.clear();
  passed_malformed_.clear();
}

void StreamKeeper::TakeOver() {
  handover_timer_.Cancel();
  Count(counters_.handovers);
  Retire(std::move(active_));
  active_ = std::move(successor_);
  const EventBatchPtr batch = kept_back_.Build();
  std::vector<MalformedInput> malformed = std::move(kept_back_malformed_);
  const std::optional<absl::Time> ping = successor_ping_;
  DropSuccessor();
  if (ping.has_value()) listener_->OnLivePing(*ping);
  for (MalformedInput& input : malformed) {
    listener_->OnLiveMalformed(std::move(input));
  }
  std::vector<LabelView> labels;
  for (size_t i = 0; i < batch->size(); ++i) {
    listener_->OnLiveEvent(FieldsOf(batch->event(i), &labels));
  }
  unauthorized_ = 0;
  stable_timer_.Start(kStableAfter, [this] { backoff_.Reset(); });
  SetHealth(HealthState::kHealthy, "streaming");
  ScheduleRotation();
}

}  // namespace sluice::disruptive
