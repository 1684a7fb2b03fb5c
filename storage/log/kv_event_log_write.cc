// The write path of KvEventLog: one WriteSet per call, prepared from the book
// under its lock, written without it, and applied under it.

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "storage/base/coding.h"
#include "storage/base/status_macros.h"
#include "storage/log/kv_event_log.h"
#include "storage/log/kv_event_log_internal.h"

namespace sluice {
namespace {

// Files are dropped in pieces of about this size; asking more often finds none.
constexpr uint64_t kDropBytes = uint64_t{4} << 20;

// Expired ids are dropped this many times within the window.
constexpr int kExpiriesPerWindow = 64;

void AddCounters(const storage::v1::SourceCounters& added,
                 storage::v1::SourceCounters* total) {
  total->set_received(total->received() + added.received());
  total->set_stored(total->stored() + added.stored());
  total->set_duplicate(total->duplicate() + added.duplicate());
  total->set_filtered(total->filtered() + added.filtered());
  total->set_dropped(total->dropped() + added.dropped());
  total->set_dead_lettered(total->dead_lettered() + added.dead_lettered());
  total->set_added(total->added() + added.added());
}

}  // namespace

absl::Status KvEventLog::WriteOut(Additions& additions, Durability durability) {
  SLUICE_RETURN_IF_ERROR(broken_);
  const bool sync = durability == Durability::kDurable;
  RepeatReclaim(additions);
  PlanLimits(additions, &additions.letters);
  WriteSet set;
  {
    absl::MutexLock lock(&mu_);
    Prepare(additions, set);
  }
  const auto begin = std::chrono::steady_clock::now();
  absl::Status status = store_->Write(set, sync);
  const absl::Duration took =
      absl::FromChrono(std::chrono::steady_clock::now() - begin);
  bool freed = false;
  {
    absl::MutexLock lock(&mu_);
    if (status.ok()) {
      freed = Apply(additions);
    } else {
      book_.set_changed(true);
    }
    if (sync) {
      ++syncs_;
      sync_time_ += took;
    }
  }
  SettleLetters(additions, status.ok());
  if (!status.ok()) {
    overwrite_ = true;
    overwrite_start_ = additions.start;
    if (absl::IsDataLoss(status)) broken_ = status;
    return status;
  }
  overwrite_ = false;
  overwrite_start_ = LogStart();
  unsynced_ = !sync;
  DropOld(additions);
  if (freed) NotifySpace();
  if (!additions.batches.empty()) {
    absl::MutexLock lock(&append_mu_);
    for (auto& [id, listener] : append_listeners_) {
      listener(additions.batches.back().place.end);
    }
  }
  return absl::OkStatus();
}

void KvEventLog::Prepare(Additions& additions, WriteSet& set) {
  if (overwrite_) {
    set.DeleteRange(Table::kEvents, format::NumberKey(book_.next()),
                    std::string(format::AfterAllNumberKeys()));
    set.DeleteRange(
        Table::kDedupe,
        format::NumberKey(static_cast<uint64_t>(last_dedupe_nanos_) + 1),
        std::string(format::AfterAllNumberKeys()));
    set.DeleteRange(Table::kDeadLetters,
                    format::NumberKey(unwritten_dead_letter_id_),
                    std::string(format::AfterAllNumberKeys()));
  }
  for (const EncodedBatch& batch : additions.batches) {
    set.PutView(Table::kEvents, format::NumberKey(batch.place.first),
                std::string_view(records_).substr(batch.record_begin,
                                                  batch.record_bytes));
  }
  PrepareReclaim(additions, set);
  PrepareCursors(additions, set);
  PrepareAddressed(additions, set);
  PrepareSources(additions, set);
  PrepareDeadLetters(additions, set);
  PrepareDedupe(additions, set);
  PrepareState(additions, set);
  book_.set_changed(false);
}

void KvEventLog::PrepareReclaim(Additions& additions, WriteSet& set) {
  reclaiming_to_ = std::max(reclaiming_to_, additions.start.first);
  book_.recent().ForEachIn(
      std::max(book_.first(), young_from_), additions.start.first,
      [&set, &additions](const BatchPlace& place) {
        set.DeleteOnce(Table::kEvents, format::NumberKey(place.first));
        additions.deleted_record_bytes += place.end_offset - place.begin_offset;
      });
  additions.damaged_records = damaged_records_.size();
  for (Sequence key : damaged_records_) {
    set.Delete(Table::kEvents, format::NumberKey(key));
  }
}

void KvEventLog::PrepareCursors(Additions& additions, WriteSet& set) {
  if (overwrite_) {
    // Whatever a failed write said of any cursor.
    set.DeleteRange(Table::kCursors, std::string(format::kCursorPrefix),
                    std::string(format::kAfterCursors));
  }
  for (auto& [name, cursor] : book_.cursors()) {
    if (name == additions.removed_cursor) {
      set.Delete(Table::kCursors, CursorKey(name));
      continue;
    }
    // The book follows once this is written.
    const std::optional<CursorProgress> after =
        ProgressAfter(name, cursor.progress, additions);
    if (!cursor.changed && !overwrite_ && !after.has_value()) continue;
    const CursorProgress& progress =
        after.has_value() ? *after : cursor.progress;
    set.Put(Table::kCursors, CursorKey(name),
            progress.ToProto().SerializeAsString());
    cursor.changed = false;
  }
}

std::optional<CursorProgress> KvEventLog::ProgressAfter(
    const std::string& name, const CursorProgress& cursor,
    const Additions& additions) const {
  const Sequence first = additions.start.first;
  const bool rewound = name == additions.rewound_cursor;
  const bool passed_over = cursor.next() < first;
  const bool not_for_it = additions.IsNotFor(name);
  if (!rewound && !passed_over && !not_for_it) return std::nullopt;
  CursorProgress after =
      rewound ? book_.Rewound(name, cursor, additions.rewind_to) : cursor;
  if (passed_over) after.Complete(after.next(), first - 1, Done::kDropped);
  if (not_for_it) {
    after.Complete(additions.batches.front().place.first,
                   additions.batches.back().place.end - 1, Done::kFiltered);
  }
  return after;
}

void KvEventLog::PrepareAddressed(const Additions& additions, WriteSet& set) {
  if (overwrite_) {
    // A failed write may have added some, made one longer, or removed some.
    set.DeleteRange(Table::kCursors, std::string(format::kAddressedPrefix),
                    std::string(format::kAfterAddressed));
  }
  const auto put = [&set](const storage::v1::AddressedRange& range) {
    set.Put(Table::kCursors, AddressedKey(range.first()),
            range.SerializeAsString());
  };
  if (overwrite_ || book_.addressed_have_no_keys()) {
    book_.ForEachAddressed([&](const storage::v1::AddressedRange& range) {
      if (range.last() >= additions.start.first) put(range);
    });
  } else {
    book_.ForEachAddressedBelow(
        additions.start.first,
        [&set](const storage::v1::AddressedRange& range) {
          set.Delete(Table::kCursors, AddressedKey(range.first()));
        });
  }
  if (additions.HasAddressed()) {
    put(book_.RangeFor(additions.batches.front().place.first,
                       additions.batches.back().place.end - 1,
                       additions.only_cursors));
  }
}

void KvEventLog::PrepareSources(Additions& additions, WriteSet& set) {
  if (overwrite_) {
    // Whatever a failed write said of any source.
    set.DeleteRange(Table::kCursors, std::string(format::kSourcePrefix),
                    std::string(format::kAfterSources));
    for (const auto& [name, state] : book_.sources()) {
      set.Put(Table::kCursors, SourceKey(name), state.SerializeAsString());
    }
  }
  // The same source may come more than once.
  SourceMap states;
  for (const SourceUpdate& update : additions.sources) {
    const auto known = book_.sources().find(update.name);
    const auto state =
        states
            .emplace(update.name, known == book_.sources().end()
                                      ? storage::v1::SourceState()
                                      : known->second)
            .first;
    if (update.checkpoint.has_value()) {
      state->second.set_checkpoint(*update.checkpoint);
    }
    AddCounters(update.added, state->second.mutable_counters());
  }
  for (auto& [name, state] : states) {
    set.Put(Table::kCursors, SourceKey(name), state.SerializeAsString());
  }
  additions.new_sources = std::move(states);
}

void KvEventLog::PrepareDedupe(Additions& additions, WriteSet& set) {
  if (additions.dedupe_keys.empty()) return;
  dedupe_bytes_.resize(additions.dedupe_keys.size() * kDedupeKeyBytes);
  char* to = dedupe_bytes_.data();
  for (const DedupeKey& key : additions.dedupe_keys) {
    StoreBigEndian64(to, key.high);
    StoreBigEndian64(to + 8, key.low);
    to += kDedupeKeyBytes;
  }
  // Ascending although the clock may not be.
  additions.dedupe_nanos =
      std::max(absl::ToUnixNanos(clock_->Now()), last_dedupe_nanos_ + 1);
  set.PutView(Table::kDedupe,
              format::NumberKey(static_cast<uint64_t>(additions.dedupe_nanos)),
              dedupe_bytes_);
}

void KvEventLog::PrepareState(const Additions& additions, WriteSet& set) {
  storage::v1::LogState state = book_.ToProto();
  state.set_first_sequence(additions.start.first);
  state.set_first_offset(additions.start.offset);
  auto* const holes = state.mutable_holes();
  while (!holes->empty() && holes->begin()->last() < additions.start.first) {
    holes->erase(holes->begin());
  }
  if (!additions.batches.empty()) {
    const BatchPlace& last = additions.batches.back().place;
    state.set_next_sequence(last.end);
    state.set_next_offset(last.end_offset);
  }
  additions.letters_delta.AddTo(&state);
  set.Put(Table::kMeta, std::string(format::kStateKey),
          state.SerializeAsString());
}

void KvEventLog::RepeatReclaim(Additions& additions) const {
  if (additions.start.first < overwrite_start_.first) {
    additions.start = overwrite_start_;
  }
}

void KvEventLog::ApplyToCursors(const Additions& additions) {
  if (additions.HasAddressed()) {
    book_.Address(additions.batches.front().place.first,
                  additions.batches.back().place.end - 1,
                  additions.only_cursors);
  }
  book_.set_addressed_have_no_keys(false);
  CursorMap& cursors = book_.cursors();
  if (const auto rewound = cursors.find(additions.rewound_cursor);
      rewound != cursors.end()) {
    rewound->second.progress = book_.Rewound(
        rewound->first, rewound->second.progress, additions.rewind_to);
  }
  if (const auto removed = cursors.find(additions.removed_cursor);
      removed != cursors.end()) {
    cursors.erase(removed);
  }
}

bool KvEventLog::Apply(Additions& additions) {
  if (const uint64_t generation = store_->generation(Table::kEvents);
      generation != generation_) {
    // All that was written before this write is on its way to a file.
    generation_ = generation;
    young_from_ = book_.next();
  }
  undropped_bytes_ += additions.start.offset - book_.start().offset -
                      additions.deleted_record_bytes;
  for (EncodedBatch& batch : additions.batches) {
    book_.AddBatch(batch.place, std::move(batch.events));
  }
  ApplyToCursors(additions);
  const bool freed = book_.MoveStart(additions.start);
  for (auto& [name, state] : additions.new_sources) {
    book_.sources().insert_or_assign(name, std::move(state));
  }
  auto& pending = book_.pending_dead_letters();
  pending.erase(
      pending.begin(),
      pending.begin() + static_cast<ptrdiff_t>(additions.pending_dead_letters));
  book_.CountDeadLetters(additions.letters_delta);
  damaged_records_.erase(damaged_records_.begin(),
                         damaged_records_.begin() +
                             static_cast<ptrdiff_t>(additions.damaged_records));
  unwritten_dead_letter_id_ = additions.next_dead_letter_id;
  if (additions.dedupe_nanos != 0) last_dedupe_nanos_ = additions.dedupe_nanos;
  dead_letters_end_ = unwritten_dead_letter_id_;
  dedupe_last_ = last_dedupe_nanos_;
  return freed;
}

void KvEventLog::DropOld(const Additions& additions) {
  if (undropped_bytes_ >= kDropBytes) {
    undropped_bytes_ = 0;
    store_->DropBelow(Table::kEvents, format::NumberKey(additions.start.first));
  }
  const absl::Time now = clock_->Now();
  if (now - last_expiry_ >= options_.dedupe_window / kExpiriesPerWindow) {
    last_expiry_ = now;
    const int64_t oldest = absl::ToUnixNanos(now - options_.dedupe_window);
    store_->DropBelow(
        Table::kDedupe,
        format::NumberKey(static_cast<uint64_t>(std::max<int64_t>(oldest, 0))));
  }
}

absl::StatusOr<AppendResult> KvEventLog::Append(const AppendRequest& request,
                                                Durability durability) {
  absl::MutexLock writer(&writer_mu_);
  Additions additions;
  additions.sources = request.sources;
  additions.dead_letters = request.dead_letters;
  additions.dedupe_keys = request.dedupe_keys;
  additions.only_cursors = request.only_cursors;
  std::sort(additions.only_cursors.begin(), additions.only_cursors.end());
  SLUICE_RETURN_IF_ERROR(CheckCursorsExist(additions.only_cursors));
  SLUICE_RETURN_IF_ERROR(
      PlanDeletion(request.redriven_dead_letters, /*must_exist=*/true,
                   &DeadLetterDelta::redriven, &additions.letters));
  SLUICE_RETURN_IF_ERROR(
      PlanEdits(request.edited_dead_letters, &additions.letters));
  AppendResult result;
  BatchPlace place;
  {
    absl::MutexLock lock(&mu_);
    result.first_sequence = place.end = book_.next();
    place.end_offset = book_.next_offset();
  }
  place.append_unix_nanos = absl::ToUnixNanos(clock_->Now());
  records_.clear();
  for (const EventBatchPtr& events : request.batches) {
    CHECK(events != nullptr && !events->empty()) << "append of an empty batch";
    format::RecordHeader header;
    header.first_sequence = place.first = place.end;
    header.begin_offset = place.begin_offset = place.end_offset;
    header.append_unix_nanos = place.append_unix_nanos;
    const size_t begin = records_.size();
    encoder_.Append(header, *events, &records_);
    const size_t bytes = records_.size() - begin;
    place.end += events->size();
    place.end_offset += bytes;
    additions.batches.push_back({place, events, begin, bytes});
  }
  additions.start = PlanReclaim(records_.size());
  if (!records_.empty() && !Fits(additions.start, records_.size())) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "appending ", records_.size(), " bytes: the log's limit is ",
        options_.max_bytes, " bytes"));
  }
  SLUICE_RETURN_IF_ERROR(WriteOut(additions, durability));
  return result;
}

absl::Status KvEventLog::CheckCursorsExist(
    const std::vector<std::string>& names) const {
  absl::MutexLock lock(&mu_);
  for (const std::string& name : names) {
    SLUICE_RETURN_IF_ERROR(CheckCursor(name));
  }
  return absl::OkStatus();
}

absl::Status KvEventLog::CheckCursor(const std::string& name) const {
  if (book_.cursors().contains(name)) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("the log has no cursor \"", name, "\""));
}

absl::Status KvEventLog::Flush(Durability durability) {
  absl::MutexLock writer(&writer_mu_);
  Additions additions;
  additions.start = PlanReclaim(0);
  bool anything = false;
  {
    absl::MutexLock lock(&mu_);
    anything = book_.changed() || additions.start.first > book_.first();
  }
  anything = anything || LettersOverLimits();
  if (anything || overwrite_) return WriteOut(additions, durability);
  if (durability == Durability::kBuffered || !unsynced_) return broken_;
  SLUICE_RETURN_IF_ERROR(broken_);
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = store_->Sync();
  absl::MutexLock lock(&mu_);
  ++syncs_;
  sync_time_ += absl::FromChrono(std::chrono::steady_clock::now() - begin);
  if (status.ok()) unsynced_ = false;
  if (absl::IsDataLoss(status)) broken_ = status;
  return status;
}

absl::StatusOr<uint64_t> KvEventLog::TrimOldest(uint64_t bytes) {
  absl::MutexLock writer(&writer_mu_);
  const uint64_t need = RecordBytesFor(bytes, options_);
  Additions additions;
  additions.start = PlanReclaim(need);
  Sequence end = 0;
  {
    absl::MutexLock lock(&mu_);
    end = book_.next();
  }
  while (additions.start.first < end && !Fits(additions.start, need)) {
    int64_t unused = 0;
    const auto behind = StartBehind(additions.start, &unused);
    if (!behind.has_value()) {
      return absl::UnavailableError(
          "making room: the oldest batch of the log "
          "cannot be read now");
    }
    additions.start = *behind;
  }
  uint64_t removed = 0;
  {
    absl::MutexLock lock(&mu_);
    if (additions.start.first <= book_.first()) return 0;
    removed = book_.EventsBelow(additions.start.first);
  }
  SLUICE_RETURN_IF_ERROR(WriteOut(additions, Durability::kBuffered));
  return removed;
}

absl::StatusOr<CursorInfo> KvEventLog::OpenCursor(std::string_view name,
                                                  bool from_start) {
  absl::MutexLock writer(&writer_mu_);
  const std::string key(name);
  bool added = false;
  bool was_parked = false;
  Additions additions;
  {
    absl::MutexLock lock(&mu_);
    auto found = book_.cursors().find(key);
    if (found == book_.cursors().end()) {
      added = true;
      book_.AddCursor(key, from_start ? book_.first() : book_.next());
    } else {
      was_parked = found->second.progress.parked();
      if (!was_parked) return book_.Info(key, found->second.progress);
      found->second.progress.set_parked(false);
      found->second.changed = true;
    }
    additions.start = book_.start();
  }
  const absl::Status status = WriteOut(additions, Durability::kDurable);
  absl::MutexLock lock(&mu_);
  const auto cursor = book_.cursors().find(key);
  if (!status.ok()) {
    if (added) {
      book_.cursors().erase(cursor);
    } else {
      cursor->second.progress.set_parked(was_parked);
    }
    return status;
  }
  return book_.Info(key, cursor->second.progress);
}

absl::Status KvEventLog::ParkCursor(std::string_view name) {
  absl::MutexLock writer(&writer_mu_);
  const std::string key(name);
  Additions additions;
  {
    absl::MutexLock lock(&mu_);
    SLUICE_RETURN_IF_ERROR(CheckCursor(key));
    const auto found = book_.cursors().find(key);
    if (found->second.progress.parked()) return absl::OkStatus();
    found->second.progress.set_parked(true);
    found->second.changed = true;
    additions.start = book_.start();
  }
  const absl::Status status = WriteOut(additions, Durability::kBuffered);
  if (!status.ok()) {
    absl::MutexLock lock(&mu_);
    book_.cursors().find(key)->second.progress.set_parked(false);
    return status;
  }
  // What only this cursor held back can go now.
  NotifySpace();
  return absl::OkStatus();
}

absl::StatusOr<CursorInfo> KvEventLog::RewindCursor(std::string_view name,
                                                    Sequence to) {
  absl::MutexLock writer(&writer_mu_);
  const std::string key(name);
  Additions additions;
  {
    absl::MutexLock lock(&mu_);
    SLUICE_RETURN_IF_ERROR(CheckCursor(key));
    if (to > book_.next()) {
      return absl::InvalidArgumentError(
          absl::StrCat("cursor \"", key, "\": the log ends before event ",
                       book_.next(), "; ", to, " is behind that"));
    }
    additions.start = book_.start();
  }
  additions.rewound_cursor = key;
  // What a failed write took away goes with this one.
  additions.rewind_to = std::max(to, overwrite_start_.first);
  SLUICE_RETURN_IF_ERROR(WriteOut(additions, Durability::kDurable));
  absl::MutexLock lock(&mu_);
  return book_.Info(key, book_.cursors().find(key)->second.progress);
}

absl::Status KvEventLog::RemoveCursor(std::string_view name) {
  absl::MutexLock writer(&writer_mu_);
  Additions additions;
  additions.removed_cursor = std::string(name);
  {
    absl::MutexLock lock(&mu_);
    SLUICE_RETURN_IF_ERROR(CheckCursor(additions.removed_cursor));
    if (!book_.cursors().find(name)->second.progress.parked()) {
      return absl::FailedPreconditionError(
          absl::StrCat("cursor \"", additions.removed_cursor,
                       "\" is in use; only a parked one can be forgotten"));
    }
    additions.start = book_.start();
  }
  return WriteOut(additions, Durability::kDurable);
}

}  // namespace sluice
