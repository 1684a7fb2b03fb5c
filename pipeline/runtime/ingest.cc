#include "pipeline/runtime/ingest.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/runtime/admission.h"
#include "pipeline/runtime/dead_letter.h"
#include "storage/log/dedupe_key.h"

namespace sluice {
namespace {

constexpr absl::Duration kFirstRetry = absl::Milliseconds(100);
constexpr absl::Duration kLongestRetry = absl::Seconds(5);

// What a source hands over becomes a record of its own if it has at least this
// many bytes. Less is gathered, as small records cost more.
constexpr size_t kLeastRecordBytes = size_t{64} << 10;

bool HasNews(const SourceUpdate& update) {
  return update.checkpoint.has_value() || update.added.received() != 0;
}

// The sequence before which every cursor that counts has done everything.
Sequence DoneEverywhere(const EventLog& log) {
  Sequence done = std::numeric_limits<Sequence>::max();
  for (const CursorInfo& cursor : log.Cursors()) {
    if (cursor.state.parked()) continue;
    done = std::min<Sequence>(done, cursor.state.next_sequence());
  }
  return done;
}

}  // namespace

struct Ingest::Group {
  explicit Group(absl::Time now) : ingest_time(absl::ToUnixNanos(now)) {}

  const int64_t ingest_time;  // Nanoseconds since the Unix epoch.
  // Bytes of what is still to be taken, for making room once.
  size_t bytes_left = 0;
  // Of the sources, one update each in their order while the group is
  // collected; those without news are left out when it is written.
  AppendRequest request;
  std::vector<Waiting> waiting;
  size_t queue_bytes = 0;
  uint64_t events = 0;
  bool durable = false;
};

Ingest::Ingest(IngestOptions options, std::vector<IngestSource> sources,
               Parts parts)
    : options_(options),
      sources_(std::move(sources)),
      executor_(parts.executor),
      queue_(parts.queue),
      log_(parts.log),
      health_(parts.health),
      random_(parts.random),
      transforms_(std::move(parts.transforms)),
      dedupe_(parts.dedupe),
      writable_(parts.metrics->gauge(
          "log_writable", {{"pipeline", parts.pipeline}},
          "0 while the disk refuses what is written to the log, else 1.")),
      write_seconds_(parts.metrics->histogram(
          "log_write_seconds", {{"pipeline", parts.pipeline}},
          "Writes of events to the log, with their sync.")),
      backoff_(kFirstRetry, kLongestRetry),
      wakeup_(executor_, [this] { Step(); }) {
  writable_->Set(1);
  for (const IngestSource& source : sources_) {
    dead_letters_.try_emplace(
        source.name, parts.metrics, "source_dead_letters_total",
        MetricLabels{{"component", source.name}, {"pipeline", parts.pipeline}});
  }
  log_->SetSpaceListener([this] { wakeup_.Notify(); });
}

Ingest::~Ingest() {
  ForgetGroup();
  log_->SetSpaceListener(nullptr);
  executor_->Cancel(retry_timer_);
}

void Ingest::NotifyProgress() {
  progress_.store(true, std::memory_order_release);
  wakeup_.Notify();
}

void Ingest::Step() {
  // What was pushed while a group waits for the disk had its wake-up for
  // nothing: it has to be looked at once the group is stored.
  if (group_ != nullptr) more_in_queue_ = true;
  if (group_ != nullptr || Collect()) {
    // A timer owns the next try after a refusal of the disk; new work does not
    // hurry it.
    if (retry_timer_ == 0 && Store() && more_in_queue_) wakeup_.Notify();
  } else if (progress_.exchange(false, std::memory_order_acquire)) {
    const absl::Status status = log_->Flush(Durability::kBuffered);
    if (!status.ok()) {
      RetryLater(status);
    } else if (writable_->value() == 0) {
      Recovered();
    }
  }
  GiveAcknowledgements();
  if (drained_callback_ && group_ == nullptr && !more_in_queue_) {
    FinishDrain();
  }
}

bool Ingest::Collect() {
  drained_.clear();
  more_in_queue_ = queue_->Drain(options_.max_group_bytes, &drained_);
  if (drained_.empty()) return false;
  now_ = executor_->Now();
  group_ = std::make_unique<Group>(now_);
  std::vector<SourceUpdate>& updates = group_->request.sources;
  updates.resize(sources_.size());
  for (size_t i = 0; i < sources_.size(); ++i) {
    updates[i].name = sources_[i].name;
  }
  for (const QueuedEmission& queued : drained_) {
    group_->bytes_left += queued.bytes;
  }
  for (QueuedEmission& queued : drained_) Take(std::move(queued), *group_);
  drained_.clear();
  CloseBatch(*group_);
  updates.erase(std::remove_if(updates.begin(), updates.end(),
                               [](const SourceUpdate& update) {
                                 return !HasNews(update);
                               }),
                updates.end());
  return true;
}

void Ingest::Take(QueuedEmission queued, Group& group) {
  const IngestSource& source = sources_[queued.source];
  SourceUpdate& update = group.request.sources[queued.source];
  group.queue_bytes += queued.bytes;
  Emission& emission = queued.emission;
  for (MalformedInput& input : emission.malformed) {
    update.added.set_received(update.added.received() + 1);
    update.added.set_dead_lettered(update.added.dead_lettered() + 1);
    group.request.dead_letters.push_back(
        KeepMalformed(std::move(input), source.name, now_));
  }
  const uint64_t stored_before = group.events + update.added.duplicate();
  if (emission.events != nullptr) {
    const EventBatch& events = *emission.events;
    update.added.set_received(update.added.received() + events.size());
    if (TakeWhole(emission.events, queued.source, group)) {
      update.added.set_stored(update.added.stored() + events.size());
    } else {
      for (size_t i = 0; i < events.size(); ++i) {
        TakeEvent(events.event(i), queued.source, group);
      }
    }
  }
  if (emission.checkpoint.has_value()) {
    update.checkpoint = std::move(emission.checkpoint);
  }
  if (source.acknowledge == config::v1::DURABLE ||
      source.acknowledge == config::v1::DELIVERED) {
    group.durable = true;
  }
  if (emission.on_acknowledged) {
    // What a repeat repeats comes before it in the log, so waiting for all up
    // to here covers it.
    group.waiting.push_back(
        {queued.source, group.events,
         group.events + update.added.duplicate() > stored_before,
         std::move(emission.on_acknowledged)});
  }
  group.bytes_left -= queued.bytes;
}

bool Ingest::TakeWhole(const EventBatchPtr& events, size_t source,
                       Group& group) {
  const size_t bytes = events->wire().size();
  if (bytes < kLeastRecordBytes || bytes > options_.max_batch_bytes ||
      events->size() > options_.max_batch_events ||
      !events->has_room_for_ingest_time() || sources_[source].may_repeat ||
      !transforms_->empty()) {
    return false;
  }
  for (size_t i = 0; i < events->size(); ++i) {
    const EventView event = events->event(i);
    if (!event.has_time() || RefuseEvent(event, options_.max_event_bytes,
                                         sources_[source].name, now_)) {
      return false;
    }
  }
  if (!EventBatch::SetIngestTime(events, group.ingest_time)) {
    return false;
  }
  CloseBatch(group);
  group.events += events->size();
  group.request.batches.push_back(events);
  return true;
}

void Ingest::TakeEvent(const EventView& event, size_t source, Group& group) {
  storage::v1::SourceCounters& added = group.request.sources[source].added;
  const std::string& name = sources_[source].name;
  std::optional<storage::v1::DeadLetter> refused =
      RefuseEvent(event, options_.max_event_bytes, name, now_);
  if (refused.has_value()) {
    added.set_dead_lettered(added.dead_lettered() + 1);
    group.request.dead_letters.push_back(*std::move(refused));
    return;
  }
  if (sources_[source].may_repeat) {
    const DedupeKey key = MakeDedupeKey(event.source(), event.id());
    if (!dedupe_->Insert(key, now_)) {
      added.set_duplicate(added.duplicate() + 1);
      return;
    }
    group.request.dedupe_keys.push_back(key);
  }
  if (transforms_->empty()) {
    StoreEvent(event, group);
    added.set_stored(added.stored() + 1);
    return;
  }
  uint64_t results = 0;
  const absl::Status status =
      transforms_->Apply(event, [&](const EventView& result) {
        StoreEvent(result, group);
        ++results;
      });
  if (!status.ok()) {
    storage::v1::DeadLetter letter;
    letter.set_component(name);
    letter.set_event(std::string(event.wire()));
    letter.set_reason("transform_failed");
    letter.set_message(std::string(status.message()));
    SetDeath(letter.message(), now_, &letter);
    added.set_dead_lettered(added.dead_lettered() + 1);
    group.request.dead_letters.push_back(std::move(letter));
    return;
  }
  added.set_stored(added.stored() + results);
  if (results == 0) added.set_filtered(added.filtered() + 1);
  if (results > 1) added.set_added(added.added() + results - 1);
}

void Ingest::StoreEvent(const EventView& event, Group& group) {
  if (builder_.wire_size() + event.wire().size() > options_.max_batch_bytes ||
      builder_.size() >= options_.max_batch_events) {
    CloseBatch(group);
  }
  if (builder_.empty()) {
    builder_.Reserve(0, std::min(group.bytes_left, options_.max_batch_bytes));
  }
  builder_.AddStamped(event, group.ingest_time);
  ++group.events;
}

void Ingest::CloseBatch(Group& group) {
  if (!builder_.empty()) group.request.batches.push_back(builder_.Build());
}

bool Ingest::Store() {
  progress_.store(false, std::memory_order_release);
  const absl::Status status = TryStore();
  if (!status.ok()) return HandleRefusal(status);
  Recovered();
  return true;
}

void Ingest::Recovered() {
  backoff_.Reset();
  writable_->Set(1);
  health_->Report({HealthState::kHealthy, ""});
}

absl::Status Ingest::TryStore() {
  const absl::Duration begin = executor_->MonotonicNow();
  const absl::StatusOr<AppendResult> result =
      log_->Append(group_->request, group_->durable ? Durability::kDurable
                                                    : Durability::kBuffered);
  write_seconds_->Note(executor_->MonotonicNow() - begin);
  if (result.ok()) Stored(*result);
  return result.status();
}

bool Ingest::HandleRefusal(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) {
    RetryLater(status);
    return false;
  }
  switch (options_.overflow) {
    case config::v1::DROP_OLDEST:
      return MakeRoom();
    case config::v1::DROP_NEWEST:
      DropGroup();
      health_->Report(
          {HealthState::kDegraded, "the log is full; new events are dropped"});
      return Store();
    default:
      // Progress of the sinks frees space with the next write; the space
      // listener wakes us then.
      health_->Report({HealthState::kDegraded,
                       absl::StrCat("the log is full, sources wait: ",
                                    std::string(status.message()))});
      if (const absl::Status flushed = log_->Flush(Durability::kBuffered);
          !flushed.ok()) {
        RetryLater(flushed);
      }
      return false;
  }
}

bool Ingest::MakeRoom() {
  uint64_t bytes = 0;
  for (const EventBatchPtr& batch : group_->request.batches) {
    bytes += batch->byte_size();
  }
  const absl::StatusOr<uint64_t> removed = log_->TrimOldest(bytes);
  if (!removed.ok()) {
    RetryLater(removed.status());
    return false;
  }
  health_->Report({HealthState::kDegraded,
                   "the log is full; the oldest events are dropped"});
  if (const absl::Status status = TryStore(); !status.ok()) {
    RetryLater(status);
    return false;
  }
  return true;
}

void Ingest::DropGroup() {
  for (SourceUpdate& update : group_->request.sources) {
    storage::v1::SourceCounters& added = update.added;
    const uint64_t taken = added.stored() - added.added();
    added.set_dropped(added.dropped() + taken);
    added.set_stored(0);
    added.set_added(0);
  }
  for (Waiting& waiting : group_->waiting) waiting.last_sequence = 0;
  group_->request.batches.clear();
  group_->events = 0;
}

void Ingest::Stored(const AppendResult& result) {
  for (const storage::v1::DeadLetter& letter : group_->request.dead_letters) {
    dead_letters_.at(letter.component()).Count(letter.reason());
  }
  std::vector<Waiting> now;
  for (Waiting& waiting : group_->waiting) {
    waiting.last_sequence += result.first_sequence - 1;
    if (sources_[waiting.source].acknowledge == config::v1::DELIVERED &&
        waiting.has_stored) {
      undelivered_.push_back(std::move(waiting));
    } else {
      now.push_back(std::move(waiting));
    }
  }
  Acknowledge(std::move(now), absl::OkStatus());
  const size_t bytes = group_->queue_bytes;
  group_.reset();
  queue_->Release(bytes);
}

void Ingest::GiveAcknowledgements() {
  if (undelivered_.empty()) return;
  const Sequence done = DoneEverywhere(*log_);
  std::vector<Waiting> now;
  while (!undelivered_.empty() && undelivered_.front().last_sequence < done) {
    now.push_back(std::move(undelivered_.front()));
    undelivered_.pop_front();
  }
  Acknowledge(std::move(now), absl::OkStatus());
}

void Ingest::Acknowledge(std::vector<Waiting> waiting,
                         const absl::Status& status) {
  // One task for each source, not one for each acknowledgement.
  std::vector<std::vector<Waiting>> by_source(sources_.size());
  for (Waiting& one : waiting) {
    by_source[one.source].push_back(std::move(one));
  }
  for (size_t i = 0; i < by_source.size(); ++i) {
    if (by_source[i].empty()) continue;
    sources_[i].executor->Post(
        [status, waiting = std::move(by_source[i])]() mutable {
          for (Waiting& one : waiting) one.done(status);
        });
  }
}

void Ingest::RetryLater(const absl::Status& status) {
  writable_->Set(0);
  health_->Report(
      {absl::IsDataLoss(status) ? HealthState::kPaused : HealthState::kDegraded,
       absl::StrCat("writing to the log failed, trying again: ",
                    std::string(status.message()))});
  if (retry_timer_ != 0) return;
  retry_timer_ = executor_->PostAfter(backoff_.Next(*random_), [this] {
    retry_timer_ = 0;
    // What was committed may still wait as well.
    progress_.store(true, std::memory_order_release);
    Step();
  });
}

void Ingest::Drain(absl::AnyInvocable<void(absl::Status)> done) {
  drained_callback_ = std::move(done);
  wakeup_.Notify();
}

void Ingest::FinishDrain() {
  auto done = std::exchange(drained_callback_, nullptr);
  done(log_->Flush(Durability::kDurable));
}

// Its events come again, to whoever takes in after this one.
void Ingest::ForgetGroup() {
  if (group_ == nullptr) return;
  for (const DedupeKey& key : group_->request.dedupe_keys) dedupe_->Erase(key);
  group_.reset();
}

void Ingest::Abandon() {
  const absl::Status reason =
      absl::CancelledError("the pipeline stopped before this was safe");
  std::vector<Waiting> waiting;
  if (group_ != nullptr) {
    waiting = std::move(group_->waiting);
    ForgetGroup();
  }
  drained_.clear();
  while (queue_->Drain(options_.max_group_bytes, &drained_)) {
  }
  for (QueuedEmission& queued : drained_) {
    if (!queued.emission.on_acknowledged) continue;
    waiting.push_back(
        {queued.source, 0, false, std::move(queued.emission.on_acknowledged)});
  }
  drained_.clear();
  for (Waiting& one : undelivered_) waiting.push_back(std::move(one));
  undelivered_.clear();
  Acknowledge(std::move(waiting), reason);
  if (drained_callback_) {
    std::exchange(drained_callback_, nullptr)(
        absl::DeadlineExceededError("events left in the queue were given up"));
  }
}

}  // namespace sluice
