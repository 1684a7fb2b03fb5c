#include "pipeline/runtime/delivery_stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/runtime/dead_letter.h"

namespace sluice {
namespace {

// Deliveries sent in one go before other tasks of the executor get their turn.
constexpr int kDeliveriesPerPump = 64;

// A sink that needs a person is tried again rarely: the fix may come from the
// other side, and a try costs little.
constexpr absl::Duration kFirstPause = absl::Seconds(5);
constexpr absl::Duration kLongestPause = absl::Minutes(5);

constexpr absl::Duration kReadRetry = absl::Seconds(1);

// Read from the log at once: enough to be worth a look-up on the disk.
constexpr size_t kReadBytes = size_t{1} << 20;

// Lanes of unequal load drift apart, and of all that the fast ones have done
// and the slow ones have not, the log has to keep account. They would have to
// wait for each other in the end anyway, so reading stops while a lane has this
// many deliveries waiting...
constexpr size_t kMostDeliveriesAhead = 8;
// ...and gets on: it does not wait after a failure, nor longer than this for an
// answer. One that is stuck holds up nobody.
constexpr absl::Duration kSlowAnswer = absl::Seconds(1);

// A sink answers within its timeout; one that does not is given up after this
// many of them.
constexpr int kOverdueTimeouts = 2;

size_t LaneOf(const EventBatch& batch, size_t index, size_t lanes) {
  return lanes == 1 ? 0 : batch.subject_hash(index) % lanes;
}

// How many of `events` these outcomes, one each or one for all, say are
// delivered.
size_t Delivered(const std::vector<Outcome>& outcomes, size_t events) {
  const size_t delivered = std::count_if(
      outcomes.begin(), outcomes.end(),
      [](const Outcome& one) { return one.kind == Outcome::Kind::kDelivered; });
  return outcomes.size() == events ? delivered : delivered * events;
}

// Sorts completions and joins those that touch.
std::vector<CompletedRange> Joined(std::vector<CompletedRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const CompletedRange& a, const CompletedRange& b) {
              return a.first < b.first;
            });
  std::vector<CompletedRange> joined;
  for (const CompletedRange& range : ranges) {
    if (!joined.empty() && joined.back().last + 1 == range.first &&
        joined.back().completion == range.completion) {
      joined.back().last = range.last;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

uint64_t CountEvents(const std::vector<CompletedRange>& ranges) {
  uint64_t events = 0;
  for (const CompletedRange& range : ranges) {
    events += range.last - range.first + 1;
  }
  return events;
}

}  // namespace

DeliveryStage::DeliveryStage(DeliveryOptions options, Parts parts)
    : options_(std::move(options)),
      executor_(parts.executor),
      sink_(parts.sink),
      log_(parts.log),
      health_(parts.health),
      random_(parts.random),
      on_progress_(std::move(parts.on_progress)),
      progress_(parts.progress),
      traits_(sink_->traits()),
      pause_backoff_(kFirstPause, kLongestPause),
      retried_(parts.metrics->counter("sink_retried_events_total", parts.labels,
                                      "Events tried again.")),
      unknown_(parts.metrics->counter("sink_unknown_events_total", parts.labels,
                                      "Events sent and not answered.")),
      deliveries_(parts.metrics->counter("sink_deliveries_total", parts.labels,
                                         "Calls of the sink.")),
      in_flight_events_(parts.metrics->gauge(
          "sink_in_flight_events", parts.labels, "Events under way.")),
      answer_seconds_(parts.metrics->histogram(
          "sink_answer_seconds", parts.labels,
          "From handing a delivery to the sink to its answer.")),
      latency_seconds_(parts.metrics->histogram(
          "sink_event_latency_seconds", parts.labels,
          "From taking an event in to its delivery; the events of one delivery "
          "count with the age of the first.")),
      dead_letters_(parts.metrics, "sink_dead_letters_total", parts.labels),
      wakeup_(executor_, [this] { Pump(); }) {
  const size_t lanes = std::max<size_t>(1, traits_.max_in_flight);
  for (size_t i = 0; i < lanes; ++i) {
    lanes_.emplace_back(Backoff(options_.retry.initial, options_.retry.max));
  }
  flights_.resize(lanes);
}

DeliveryStage::~DeliveryStage() {
  *alive_ = false;
  executor_->Cancel(timer_);
  executor_->Cancel(stop_timer_);
  in_flight_events_->Set(0);
}

void DeliveryStage::Start(const CursorInfo& cursor) {
  read_from_ = cursor.state.next_sequence();
  done_before_.assign(cursor.state.done().begin(), cursor.state.done().end());
  wakeup_.Notify();
}

void DeliveryStage::Pump() {
  if (pumping_ || stopping_) return;
  pumping_ = true;
  bool more = true;
  for (int i = 0; more && i < kDeliveriesPerPump; ++i) {
    FillWindow();
    more = SendReady();
  }
  pumping_ = false;
  Commit();
  if (more) {
    wakeup_.Notify();
  } else {
    ArmTimer();
  }
  UpdateGauges();
}

// Sends one delivery from each lane that can. False: none could.
bool DeliveryStage::SendReady() {
  const absl::Duration now = executor_->MonotonicNow();
  if (not_before_ > now) return false;
  bool sent = false;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    ExpireFront(lanes_[i]);
    if (!lanes_[i].Ready(now)) continue;
    Send(i);
    sent = true;
    if (not_before_ > now) break;
  }
  return sent;
}

void DeliveryStage::FillWindow() {
  if (log_trouble_) return;
  while (window_.used_bytes() < options_.window_bytes && WantsMore()) {
    absl::StatusOr<std::vector<LogBatch>> batches = log_->Read(
        read_from_,
        std::min(kReadBytes, options_.window_bytes - window_.used_bytes()));
    if (!batches.ok()) {
      log_trouble_ = true;
      health_->Report({HealthState::kDegraded,
                       absl::StrCat("reading the log failed, trying again: ",
                                    std::string(batches.status().message()))});
      executor_->PostAfter(kReadRetry, [this, alive = alive_] {
        if (!*alive) return;
        log_trouble_ = false;
        Pump();
      });
      return;
    }
    if (batches->empty()) return;
    for (const LogBatch& batch : *batches) Admit(batch);
  }
}

bool DeliveryStage::WantsMore() const {
  const absl::Duration now = executor_->MonotonicNow();
  bool wants = false;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].waiting() < traits_.max_batch_events) wants = true;
    if (IsBehind(i) && GetsOn(i, now)) return false;
  }
  return wants;
}

bool DeliveryStage::IsBehind(size_t lane) const {
  return lanes_[lane].waiting() / kMostDeliveriesAhead >=
         traits_.max_batch_events;
}

bool DeliveryStage::GetsOn(size_t lane, absl::Duration now) const {
  const Flight& flight = flights_[lane];
  return flight.id != 0 ? now < flight.sent + kSlowAnswer
                        : lanes_[lane].not_before() <= now;
}

void DeliveryStage::Admit(const LogBatch& batch) {
  if (!batch.IsFor(options_.sink)) {
    // The log has noted them as done.
    read_from_ = batch.first_sequence + batch.events->size();
    return;
  }
  auto window_batch = std::make_unique<WindowBatch>();
  window_batch->events = batch.events;
  window_batch->first_sequence = batch.first_sequence;
  const size_t size = batch.events->size();
  for (size_t i = 0; i < size; ++i) {
    const Sequence sequence = batch.first_sequence + i;
    if (sequence < read_from_) continue;
    while (!done_before_.empty() && done_before_.front().last() < sequence) {
      done_before_.pop_front();
    }
    if (!done_before_.empty() && done_before_.front().first() <= sequence) {
      continue;
    }
    const size_t lane = LaneOf(*batch.events, i, lanes_.size());
    PendingEvent event;
    event.sequence = sequence;
    event.batch = window_batch.get();
    event.index = static_cast<uint32_t>(i);
    lanes_[lane].Push(std::move(event));
    ++window_batch->open;
  }
  read_from_ = batch.first_sequence + size;
  if (window_batch->open == 0) return;
  window_batch->bytes =
      batch.events->byte_size() + window_batch->open * sizeof(PendingEvent);
  window_.Add(std::move(window_batch));
}

void DeliveryStage::ExpireFront(Lane& lane) {
  const absl::Duration max_age = options_.retry.max_age;
  if (max_age == absl::InfiniteDuration() || lane.busy()) return;
  while (!lane.empty()) {
    const absl::Time taken_in = lane.front().view().ingest_time();
    if (taken_in + max_age > executor_->Now()) return;
    PendingEvent event = lane.PopFront();
    Bury(event, "expired", "older than retry.max_age before it was delivered");
  }
}

void DeliveryStage::Send(size_t lane) {
  Delivery delivery =
      lanes_[lane].Take(traits_.max_batch_events, traits_.max_batch_bytes);
  delivery.timeout = traits_.timeout;
  const uint64_t id = next_flight_++;
  const absl::Duration now = executor_->MonotonicNow();
  flights_[lane] = {id, now, now + kOverdueTimeouts * traits_.timeout};
  in_flight_ += delivery.items.size();
  deliveries_->Add();
  sink_->Deliver(std::move(delivery),
                 [this, alive = alive_, lane, id](DeliveryResult result) {
                   if (*alive) OnResult(lane, id, std::move(result));
                 });
}

void DeliveryStage::OnResult(size_t lane_index, uint64_t id,
                             DeliveryResult result) {
  if (flights_[lane_index].id != id) return;  // Given up before.
  const absl::Duration now = executor_->MonotonicNow();
  answer_seconds_->Note(now - flights_[lane_index].sent);
  flights_[lane_index] = {};
  Lane& lane = lanes_[lane_index];
  std::vector<PendingEvent> events = lane.TakeBack();
  in_flight_ -= events.size();

  if (!result.misconfigured.ok()) {
    OnMisconfigured(result.misconfigured);
    if (result.outcomes.empty()) {
      result.outcomes.push_back(Outcome::NotTried());
    }
  }
  const bool one_for_all = result.outcomes.size() != events.size();
  if (one_for_all && result.outcomes.size() != 1) {
    result.outcomes.assign(1, Outcome::Unknown(absl::StrCat(
                                  "the sink answered ", result.outcomes.size(),
                                  " outcomes for ", events.size(), " events")));
  }
  if (one_for_all && events.size() > 1 &&
      result.outcomes[0].kind == Outcome::Kind::kRejected) {
    lane.Halve(events.size(), events.back().sequence);
    lane.PutBack(std::move(events));
  } else {
    std::vector<PendingEvent> unfinished;
    bool retry = false;
    bool progress = false;
    NoteLatency(events, Delivered(result.outcomes, events.size()));
    for (size_t i = 0; i < events.size(); ++i) {
      if (Settle(events[i], result.outcomes[one_for_all ? 0 : i], &retry)) {
        progress = true;
      } else {
        unfinished.push_back(std::move(events[i]));
      }
    }
    lane.PutBack(std::move(unfinished));
    if (progress) lane.Succeeded();
    if (retry) lane.BackOff(now, *random_);
    if (progress && !retry && result.misconfigured.ok()) {
      pause_backoff_.Reset();
      health_->Report({HealthState::kHealthy, ""});
    }
  }
  if (result.retry_after.has_value()) {
    not_before_ = std::max(not_before_, now + *result.retry_after);
    if (progress_ != nullptr) progress_->HoldUntil(not_before_);
  }
  if (stopping_) {
    Commit();
    if (idle()) FinishStop();
  } else if (!pumping_) {
    Pump();
  }
}

bool DeliveryStage::Settle(PendingEvent& event, const Outcome& outcome,
                           bool* retry) {
  switch (outcome.kind) {
    case Outcome::Kind::kDelivered:
      Finish(event, Completion::kDelivered);
      return true;
    case Outcome::Kind::kNotTried:
      return false;
    case Outcome::Kind::kRejected:
      ++event.attempts;
      NoteTrouble(event, outcome.message);
      Bury(event, outcome.reason.empty() ? "rejected" : outcome.reason,
           outcome.message);
      return true;
    case Outcome::Kind::kUnknown:
      unknown_->Add();
      if (!traits_.idempotent && !stopping_ &&
          options_.on_unknown == config::v1::DEAD_LETTER) {
        ++event.attempts;
        NoteTrouble(event, outcome.message);
        Bury(event, "unknown", outcome.message);
        return true;
      }
      [[fallthrough]];
    case Outcome::Kind::kRetry:
      break;
  }
  ++event.attempts;
  NoteTrouble(event, outcome.message);
  if (options_.retry.max_attempts != 0 && !stopping_ &&
      event.attempts >= options_.retry.max_attempts) {
    Bury(event, "attempts_exhausted", outcome.message);
    return true;
  }
  retried_->Add();
  *retry = true;
  if (!stopping_) {
    health_->Report({HealthState::kDegraded,
                     absl::StrCat("trying again: ", outcome.message)});
  }
  return false;
}

void DeliveryStage::NoteLatency(const std::vector<PendingEvent>& events,
                                size_t delivered) {
  if (delivered == 0) return;
  latency_seconds_->Note(executor_->Now() - events.front().view().ingest_time(),
                         delivered);
}

void DeliveryStage::NoteTrouble(PendingEvent& event, const std::string& error) {
  if (event.trouble == nullptr) {
    event.trouble = std::make_unique<Trouble>();
    event.trouble->first_error = error;
    event.trouble->first_attempt = executor_->Now();
  }
  event.trouble->last_error = error;
  event.trouble->last_attempt = executor_->Now();
}

void DeliveryStage::Finish(PendingEvent& event, Completion completion) {
  if (completion == Completion::kDelivered) {
    window_.NoteDelivered(event.batch, event.index);
    return;
  }
  commit_.completed.push_back({event.sequence, event.sequence, completion});
  window_.NoteDone(event.batch);
}

void DeliveryStage::Bury(PendingEvent& event, std::string_view reason,
                         std::string_view message) {
  dead_letters_.Count(reason);
  storage::v1::DeadLetter letter;
  letter.set_component(options_.sink);
  FillContent(event.view(), &letter);
  letter.set_sequence(event.sequence);
  letter.set_reason(std::string(reason));
  letter.set_message(std::string(message));
  letter.set_attempts(event.attempts);
  SetDeath(message, executor_->Now(), &letter);
  if (event.trouble != nullptr) {
    letter.set_first_error(event.trouble->first_error);
    letter.set_last_error(event.trouble->last_error);
    letter.set_first_attempt_unix_nanos(
        absl::ToUnixNanos(event.trouble->first_attempt));
    letter.set_last_attempt_unix_nanos(
        absl::ToUnixNanos(event.trouble->last_attempt));
  }
  commit_.dead_letters.push_back(std::move(letter));
  Finish(event, Completion::kDeadLettered);
}

void DeliveryStage::Commit() {
  const absl::Duration now = executor_->MonotonicNow();
  window_.TakeDelivered(now, stopping_ || idle(), &commit_.completed);
  if (commit_.completed.empty()) return;
  if (progress_ != nullptr) {
    progress_->NoteDone(now, CountEvents(commit_.completed));
  }
  CursorCommit commit;
  commit.cursor = options_.sink;
  commit.completed = Joined(std::exchange(commit_.completed, {}));
  commit.dead_letters = std::exchange(commit_.dead_letters, {});
  const absl::Status status = log_->Commit(std::move(commit));
  if (!status.ok()) {
    health_->Report(
        {HealthState::kPaused, absl::StrCat("progress cannot be recorded: ",
                                            std::string(status.message()))});
  }
  on_progress_();
}

void DeliveryStage::OnMisconfigured(const absl::Status& status) {
  const absl::Duration pause = pause_backoff_.Next(*random_);
  not_before_ =
      std::max(not_before_, executor_->MonotonicNow() + kFirstPause + pause);
  health_->Report({HealthState::kPaused, std::string(status.message())});
}

absl::Duration DeliveryStage::NextLook() const {
  const absl::Duration now = executor_->MonotonicNow();
  absl::Duration due = window_.due();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (flights_[i].id != 0) {
      due = std::min(due, flights_[i].overdue);
      // The others need not wait for it any longer then.
      if (IsBehind(i) && GetsOn(i, now)) {
        due = std::min(due, flights_[i].sent + kSlowAnswer);
      }
    } else if (!lanes_[i].empty()) {
      due = std::min(due, std::max(lanes_[i].not_before(), not_before_));
    }
  }
  return due;
}

void DeliveryStage::ArmTimer() {
  const absl::Duration due = NextLook();
  // A timer that fires early only looks again, so an earlier one is left alone.
  if (due >= timer_due_ && timer_ != 0) return;
  executor_->Cancel(timer_);
  timer_ = 0;
  timer_due_ = due;
  if (due == absl::InfiniteDuration()) return;
  timer_ = executor_->PostAfter(due - executor_->MonotonicNow(), [this] {
    timer_ = 0;
    timer_due_ = absl::InfiniteDuration();
    CheckOverdue();
    Pump();
  });
}

void DeliveryStage::CheckOverdue() {
  const absl::Duration now = executor_->MonotonicNow();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (flights_[i].id == 0 || flights_[i].overdue > now) continue;
    OnResult(i, flights_[i].id,
             DeliveryResult::All(Outcome::Unknown(
                 "the sink did not answer within twice its timeout")));
  }
}

void DeliveryStage::UpdateGauges() {
  in_flight_events_->Set(static_cast<int64_t>(in_flight_));
  if (progress_ == nullptr) return;
  progress_->SetWindowBytes(window_.used_bytes());
  // Batches are in order, so the first open one holds the oldest event.
  const WindowBatch* const oldest = window_.oldest();
  progress_->SetOldestWaiting(
      oldest == nullptr ? 0
                        : oldest->events->event(0).ingest_time_unix_nanos());
}

std::optional<PendingDelivery> DeliveryStage::FindPending(
    Sequence sequence) const {
  for (const Lane& lane : lanes_) {
    const PendingEvent* const event = lane.Find(sequence);
    if (event == nullptr) continue;
    PendingDelivery pending;
    pending.in_flight = lane.IsTaken(*event);
    pending.attempts = event->attempts;
    if (event->trouble != nullptr) {
      pending.first_error = event->trouble->first_error;
      pending.last_error = event->trouble->last_error;
      pending.last_attempt = event->trouble->last_attempt;
    }
    return pending;
  }
  return std::nullopt;
}

void DeliveryStage::Stop(absl::Duration grace,
                         absl::AnyInvocable<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  executor_->Cancel(timer_);
  if (idle()) {
    FinishStop();
    return;
  }
  stop_timer_ = executor_->PostAfter(grace, [this] {
    stop_timer_ = 0;
    FinishStop();
  });
}

void DeliveryStage::FinishStop() {
  if (!stopped_) return;
  executor_->Cancel(stop_timer_);
  auto stopped = std::exchange(stopped_, nullptr);
  // The sink answers what is under way before it reports done; those answers
  // still count.
  sink_->Stop([this, alive = alive_, stopped = std::move(stopped)]() mutable {
    if (*alive) Commit();
    stopped();
  });
}

}  // namespace sluice
