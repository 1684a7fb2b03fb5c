#include "storage/log/log_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// 64 Ki places take 3 MiB. Older batches are found on disk.
constexpr size_t kMaxPlaces = size_t{1} << 16;

}  // namespace

LogBook::LogBook(size_t tail_bytes) : recent_(tail_bytes, kMaxPlaces) {}

uint64_t LogBook::BytesFrom(const LogStart& start) const {
  uint64_t bytes = next_offset_ - start.offset;
  for (const auto& hole : holes_) {
    if (hole.first() >= start.first) bytes -= std::min(bytes, hole.bytes());
  }
  return bytes;
}

uint64_t LogBook::EventsBelow(Sequence sequence) const {
  uint64_t events = sequence - start_.first;
  for (const auto& hole : holes_) {
    const Sequence first = std::max(hole.first(), start_.first);
    const Sequence end = std::min(hole.last() + 1, sequence);
    if (first < end) events -= end - first;
  }
  return events;
}

void LogBook::AddBatch(const BatchPlace& place, EventBatchPtr events) {
  recent_.Add(place, std::move(events));
  next_ = place.end;
  next_offset_ = place.end_offset;
}

bool LogBook::MoveStart(const LogStart& start) {
  if (start.first <= start_.first) return false;
  start_ = start;
  recent_.RemoveBelow(start.first);
  std::erase_if(holes_, [&start](const storage::v1::Hole& hole) {
    return hole.last() < start.first;
  });
  for (auto& [name, cursor] : cursors_) {
    if (cursor.progress.next() >= start.first) continue;
    cursor.progress.Complete(cursor.progress.next(), start.first - 1,
                             Done::kDropped);
    cursor.changed = changed_ = true;
  }
  return true;
}

uint64_t LogBook::AddLoss(Sequence first, Sequence last, uint64_t bytes) {
  first = std::max(first, start_.first);
  // The parts that earlier losses leave over become losses of their own.
  uint64_t added = 0;
  while (first <= last) {
    Sequence part_last = last;
    Sequence next = last + 1;
    for (const auto& hole : holes_) {
      if (hole.last() < first) continue;
      if (hole.first() > last) break;
      part_last = hole.first() - 1;
      next = hole.last() + 1;
      break;
    }
    if (first <= part_last) {
      storage::v1::Hole hole;
      hole.set_first(first);
      hole.set_last(part_last);
      hole.set_bytes(std::exchange(bytes, 0));
      const auto at = std::partition_point(
          holes_.begin(), holes_.end(),
          [first](const auto& other) { return other.first() < first; });
      holes_.insert(at, hole);
      added += part_last - first + 1;
      for (auto& [name, cursor] : cursors_) {
        if (cursor.progress.Complete(first, part_last, Done::kCorrupt) > 0) {
          cursor.changed = true;
        }
      }
    }
    first = next;
  }
  corrupt_events_ += added;
  if (added > 0) changed_ = true;
  return added;
}

const storage::v1::Hole* LogBook::FindHole(Sequence sequence) const {
  for (const auto& hole : holes_) {
    if (hole.first() <= sequence && sequence <= hole.last()) return &hole;
  }
  return nullptr;
}

CursorEntry& LogBook::AddCursor(std::string_view name, Sequence start) {
  CursorEntry& cursor =
      cursors_.emplace(std::string(name), CursorEntry(CursorProgress(start)))
          .first->second;
  for (const auto& hole : holes_) {
    cursor.progress.Complete(hole.first(), hole.last(), Done::kCorrupt);
  }
  cursor.changed = changed_ = true;
  return cursor;
}

Sequence LogBook::Horizon() const {
  bool in_use = false;
  Sequence horizon = next_;
  for (const auto& [name, cursor] : cursors_) {
    if (cursor.progress.parked()) continue;
    in_use = true;
    horizon = std::min(horizon, cursor.progress.next());
  }
  return in_use ? horizon : start_.first;
}

absl::Status LogBook::Commit(CursorCommit commit) {
  const auto found = cursors_.find(commit.cursor);
  if (found == cursors_.end()) {
    return absl::NotFoundError(
        absl::StrCat("the log has no cursor \"", commit.cursor, "\""));
  }
  for (const CompletedRange& range : commit.completed) {
    if (range.first > range.last || range.last >= next_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cursor \"", commit.cursor, "\": events ", range.first, " to ",
          range.last, " are not in a log that ends before ", next_));
    }
  }
  CursorEntry& cursor = found->second;
  for (const CompletedRange& range : commit.completed) {
    if (cursor.progress.Complete(range.first, range.last,
                                 ToDone(range.completion)) > 0) {
      cursor.changed = changed_ = true;
    }
  }
  for (auto& letter : commit.dead_letters) {
    pending_dead_letters_.push_back(MakeDeadLetter(std::move(letter)));
    CountDeadLetters(1, static_cast<int64_t>(
                            pending_dead_letters_.back().serialized.size()));
    changed_ = true;
  }
  return absl::OkStatus();
}

CursorInfo LogBook::Info(const std::string& name,
                         const CursorProgress& cursor) const {
  return {name, cursor.ToProto(), cursor.Waiting(next_)};
}

PendingDeadLetter LogBook::MakeDeadLetter(storage::v1::DeadLetter letter) {
  PendingDeadLetter pending;
  pending.id = next_dead_letter_id_++;
  letter.set_id(pending.id);
  pending.serialized = letter.SerializeAsString();
  return pending;
}

void LogBook::CountDeadLetters(int64_t letters, int64_t bytes) {
  dead_letters_ += static_cast<uint64_t>(letters);
  dead_letter_bytes_ += static_cast<uint64_t>(bytes);
}

storage::v1::LogState LogBook::ToProto() const {
  storage::v1::LogState state;
  state.set_first_sequence(start_.first);
  state.set_next_sequence(next_);
  state.set_first_offset(start_.offset);
  state.set_next_offset(next_offset_);
  state.set_next_dead_letter_id(next_dead_letter_id_);
  state.set_dead_letters(dead_letters_);
  state.set_dead_letter_bytes(dead_letter_bytes_);
  state.set_corrupt_events(corrupt_events_);
  state.mutable_holes()->Assign(holes_.begin(), holes_.end());
  return state;
}

void LogBook::FromProto(const storage::v1::LogState& state) {
  start_ = {state.first_sequence(), state.first_offset()};
  next_ = state.next_sequence();
  next_offset_ = state.next_offset();
  next_dead_letter_id_ = state.next_dead_letter_id();
  dead_letters_ = state.dead_letters();
  dead_letter_bytes_ = state.dead_letter_bytes();
  corrupt_events_ = state.corrupt_events();
  holes_.assign(state.holes().begin(), state.holes().end());
}

void LogBook::Extend(Sequence next, uint64_t next_offset) {
  next_ = std::max(next_, next);
  next_offset_ = std::max(next_offset_, next_offset);
  changed_ = true;
}

void LogBook::ExtendDeadLetterIds(uint64_t next_id) {
  next_dead_letter_id_ = std::max(next_dead_letter_id_, next_id);
}

void LogBook::FillStats(LogStats* stats) const {
  stats->first_sequence = start_.first;
  stats->next_sequence = next_;
  stats->stored_bytes = held_bytes();
  stats->tail_bytes = recent_.tail_bytes();
  stats->dead_letters = dead_letters_;
  stats->dead_letter_bytes = dead_letter_bytes_;
  stats->corrupt_events = corrupt_events_;
}

}  // namespace sluice
