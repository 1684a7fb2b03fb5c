#include "plugins/disruptive/event_output.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "plugins/disruptive/event_fields.h"
#include "plugins/disruptive/text.h"

namespace sluice::disruptive {
namespace {

constexpr size_t kRecentIds = 1 << 16;
constexpr size_t kRecentMalformed = 1024;
// Large backlogs go out in pieces of about this size.
constexpr size_t kEmissionBytes = 256 << 10;

constexpr absl::Duration kCheckpointInterval = absl::Seconds(1);
constexpr double kCheckpointBytesPerSecond = 64 << 10;
constexpr absl::Duration kProgressInterval = absl::Minutes(1);

}  // namespace

EventOutput::EventOutput(Executor* executor, Emitter* emitter,
                         DeviceTable* table, const ServerClock* clock,
                         MakeCheckpoint make_checkpoint, OnBlocked on_blocked,
                         Finish finish)
    : executor_(executor),
      emitter_(emitter),
      table_(table),
      clock_(clock),
      make_checkpoint_(std::move(make_checkpoint)),
      on_blocked_(std::move(on_blocked)),
      finish_(std::move(finish)),
      recent_(kRecentIds),
      recent_malformed_(kRecentMalformed),
      checkpoint_timer_(executor) {}

void EventOutput::Remember(const std::vector<std::string>& ids) {
  recent_.Grow(ids.size() + kRecentIds);
  for (const std::string& id : ids) recent_.Insert(id);
}

bool EventOutput::Add(const EventFields& event) {
  if (!recent_.Insert(event.id)) return false;
  EventFields finished = event;
  if (finish_ && !finish_(&finished)) return false;
  builder_.Add(finished);
  Note(event);
  return true;
}

bool EventOutput::Add(const EventView& event) {
  if (finish_) return Add(FieldsOf(event, &labels_));
  if (!recent_.Insert(event.id())) return false;
  builder_.AddWire(event.wire());
  Note(FieldsOf(event, &labels_));
  return true;
}

void EventOutput::Note(const EventFields& event) {
  table_->NoteEmitted(event.subject, event.id, event.time_unix_nanos,
                      clock_->Now());
  if (builder_.wire_size() >= kEmissionBytes) Seal();
}

void EventOutput::AddMalformed(MalformedInput malformed) {
  malformed_.push_back(std::move(malformed));
}

void EventOutput::AddMalformedOnce(MalformedInput malformed) {
  const std::string name =
      absl::StrCat(absl::Hex(absl::Hash<std::string>()(malformed.bytes)));
  if (recent_malformed_.Insert(name)) AddMalformed(std::move(malformed));
}

void EventOutput::Seal() {
  if (builder_.empty() && malformed_.empty()) return;
  Emission emission;
  emission.events = builder_.Build();
  emission.malformed = std::move(malformed_);
  malformed_.clear();
  pending_.push_back(std::move(emission));
  dirty_ = true;
}

absl::Duration EventOutput::CheckpointDue() const {
  return last_checkpoint_ +
         std::max(kCheckpointInterval,
                  absl::Seconds(static_cast<double>(last_checkpoint_bytes_) /
                                kCheckpointBytesPerSecond));
}

void EventOutput::AttachCheckpoint() {
  std::optional<std::string> checkpoint = make_checkpoint_();
  if (!checkpoint.has_value()) return;
  last_checkpoint_ = executor_->MonotonicNow();
  last_checkpoint_bytes_ = checkpoint->size();
  dirty_ = false;
  checkpoint_timer_.Cancel();
  if (pending_.empty()) pending_.emplace_back();
  pending_.back().checkpoint = std::move(checkpoint);
}

void EventOutput::Flush() {
  Seal();
  if (dirty_) {
    const absl::Duration wait = CheckpointDue() - executor_->MonotonicNow();
    if (wait <= absl::ZeroDuration()) {
      AttachCheckpoint();
    } else if (!checkpoint_timer_.running()) {
      checkpoint_timer_.Start(wait, [this] { Flush(); });
    }
  }
  Drain();
}

void EventOutput::CheckpointNow() {
  Seal();
  AttachCheckpoint();
  Drain();
}

void EventOutput::NoteChange() {
  dirty_ = true;
  Flush();
}

void EventOutput::NoteProgress() {
  if (executor_->MonotonicNow() - last_checkpoint_ >= kProgressInterval) {
    CheckpointNow();
  }
}

void EventOutput::Drain() {
  while (!pending_.empty() && emitter_->TryEmit(pending_.front())) {
    pending_.pop_front();
  }
  const bool blocked = !pending_.empty();
  if (blocked) {
    emitter_->NotifyWhenReady([this, alive = alive_] {
      if (*alive) Drain();
    });
  }
  if (blocked == blocked_) return;
  blocked_ = blocked;
  on_blocked_(blocked);
}

}  // namespace sluice::disruptive
