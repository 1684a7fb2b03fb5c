#include "storage/log/log_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// 64 Ki places take 3 MiB. Older batches are found on disk.
constexpr size_t kMaxPlaces = size_t{1} << 16;

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void DeadLetterDelta::AddTo(storage::v1::LogState* state) const {
  state->set_dead_letters(state->dead_letters() + made - redriven - purged -
                          dropped);
  state->set_dead_letter_bytes(state->dead_letter_bytes() +
                               static_cast<uint64_t>(bytes));
  state->set_dead_letters_made(state->dead_letters_made() + made);
  state->set_dead_letters_redriven(state->dead_letters_redriven() + redriven);
  state->set_dead_letters_purged(state->dead_letters_purged() + purged);
  state->set_dead_letters_dropped(state->dead_letters_dropped() + dropped);
}

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
  while (!addressed_.empty() && addressed_.front().last < start.first) {
    addressed_.pop_front();
  }
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
  storage::v1::Hole* known = nullptr;
  for (auto& hole : holes_) {
    if (hole.first() < first || hole.last() > last) continue;
    if (known == nullptr) known = &hole;
    bytes -= std::min(bytes, hole.bytes());
  }
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
      found_losses_.emplace_back(first, part_last);
      added += part_last - first + 1;
      for (auto& [name, cursor] : cursors_) {
        if (cursor.progress.Complete(first, part_last, Done::kCorrupt) > 0) {
          cursor.changed = true;
        }
      }
    }
    first = next;
  }
  if (added == 0 && known != nullptr && bytes > 0) {
    // Now it is known how much it was.
    known->set_bytes(known->bytes() + bytes);
    changed_ = true;
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
  CompleteKnown(name, cursor.progress);
  cursor.changed = changed_ = true;
  return cursor;
}

void LogBook::CompleteKnown(std::string_view name,
                            CursorProgress& cursor) const {
  for (const auto& hole : holes_) {
    cursor.Complete(hole.first(), hole.last(), Done::kCorrupt);
  }
  for (const Addressed& range : addressed_) {
    if (!Contains(*range.cursors, name)) {
      cursor.Complete(range.first, range.last, Done::kFiltered);
    }
  }
}

CursorProgress LogBook::Rewound(std::string_view name,
                                const CursorProgress& cursor,
                                Sequence to) const {
  CursorProgress rewound = cursor;
  rewound.Rewind(std::max(to, start_.first));
  CompleteKnown(name, rewound);
  return rewound;
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
  std::erase_if(commit.dead_letters, [&](const auto& letter) {
    return letter.sequence() != 0 && cursor.progress.IsDone(letter.sequence());
  });
  for (const CompletedRange& range : commit.completed) {
    if (cursor.progress.Complete(range.first, range.last,
                                 ToDone(range.completion)) > 0) {
      cursor.changed = changed_ = true;
    }
  }
  for (auto& letter : commit.dead_letters) {
    pending_dead_letters_.push_back(MakeDeadLetter(std::move(letter)));
    DeadLetterDelta delta;
    delta.made = 1;
    delta.bytes =
        static_cast<int64_t>(pending_dead_letters_.back().serialized.size());
    CountDeadLetters(delta);
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

void LogBook::CountDeadLetters(const DeadLetterDelta& delta) {
  delta.AddTo(&letters_);
}

void LogBook::RecountDeadLetters(uint64_t held, uint64_t bytes) {
  letters_.set_dead_letters(held);
  letters_.set_dead_letter_bytes(bytes);
  const uint64_t known = held + letters_.dead_letters_redriven() +
                         letters_.dead_letters_purged() +
                         letters_.dead_letters_dropped();
  // With the counters gone too, what was made is at least what is known.
  letters_.set_dead_letters_made(std::max(letters_.dead_letters_made(), known));
  letters_.set_dead_letters_lost(letters_.dead_letters_made() - known);
  changed_ = true;
}

void LogBook::Address(Sequence first, Sequence last,
                      const std::vector<std::string>& cursors) {
  for (auto& [name, cursor] : cursors_) {
    if (!Contains(cursors, name)) {
      cursor.progress.Complete(first, last, Done::kFiltered);
    }
  }
  LoadAddressed(RangeFor(first, last, cursors));
}

storage::v1::AddressedRange LogBook::RangeFor(
    Sequence first, Sequence last,
    const std::vector<std::string>& cursors) const {
  storage::v1::AddressedRange range;
  const bool goes_on = !addressed_.empty() &&
                       addressed_.back().last + 1 == first &&
                       *addressed_.back().cursors == cursors;
  range.set_first(goes_on ? addressed_.back().first : first);
  range.set_last(last);
  range.mutable_cursors()->Assign(cursors.begin(), cursors.end());
  return range;
}

void LogBook::LoadAddressed(const storage::v1::AddressedRange& range) {
  if (!addressed_.empty() && addressed_.back().first == range.first()) {
    addressed_.back().last = range.last();
    return;
  }
  addressed_.push_back({range.first(), range.last(),
                        std::make_shared<const std::vector<std::string>>(
                            range.cursors().begin(), range.cursors().end())});
}

storage::v1::AddressedRange LogBook::ToProto(const Addressed& range) {
  storage::v1::AddressedRange proto;
  proto.set_first(range.first);
  proto.set_last(range.last);
  proto.mutable_cursors()->Assign(range.cursors->begin(), range.cursors->end());
  return proto;
}

std::shared_ptr<const std::vector<std::string>> LogBook::AddressedTo(
    Sequence sequence) const {
  const auto range = std::partition_point(
      addressed_.begin(), addressed_.end(),
      [sequence](const Addressed& other) { return other.last < sequence; });
  if (range == addressed_.end() || range->first > sequence) return nullptr;
  return range->cursors;
}

storage::v1::LogState LogBook::ToProto() const {
  storage::v1::LogState state = letters_;
  state.set_first_sequence(start_.first);
  state.set_next_sequence(next_);
  state.set_first_offset(start_.offset);
  state.set_next_offset(next_offset_);
  state.set_next_dead_letter_id(next_dead_letter_id_);
  state.set_corrupt_events(corrupt_events_);
  state.mutable_holes()->Assign(holes_.begin(), holes_.end());
  return state;
}

void LogBook::FromProto(const storage::v1::LogState& state) {
  start_ = {state.first_sequence(), state.first_offset()};
  next_ = state.next_sequence();
  next_offset_ = state.next_offset();
  next_dead_letter_id_ = state.next_dead_letter_id();
  letters_.set_dead_letters(state.dead_letters());
  letters_.set_dead_letter_bytes(state.dead_letter_bytes());
  // A log from before they were counted has every letter it ever made.
  letters_.set_dead_letters_made(
      std::max(state.dead_letters_made(), state.dead_letters()));
  letters_.set_dead_letters_redriven(state.dead_letters_redriven());
  letters_.set_dead_letters_purged(state.dead_letters_purged());
  letters_.set_dead_letters_dropped(state.dead_letters_dropped());
  letters_.set_dead_letters_lost(state.dead_letters_lost());
  corrupt_events_ = state.corrupt_events();
  holes_.assign(state.holes().begin(), state.holes().end());
  addressed_.clear();
  for (const auto& range : state.addressed()) LoadAddressed(range);
  addressed_have_no_keys_ = !state.addressed().empty();
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
  stats->next_dead_letter_id = next_dead_letter_id_;
  stats->dead_letters = letters_.dead_letters();
  stats->dead_letter_bytes = letters_.dead_letter_bytes();
  stats->dead_letters_made = letters_.dead_letters_made();
  stats->dead_letters_redriven = letters_.dead_letters_redriven();
  stats->dead_letters_purged = letters_.dead_letters_purged();
  stats->dead_letters_dropped = letters_.dead_letters_dropped();
  stats->dead_letters_lost = letters_.dead_letters_lost();
  stats->corrupt_events = corrupt_events_;
}

}  // namespace sluice
