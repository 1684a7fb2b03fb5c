// How KvEventLog finds out what a store holds.

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/status_macros.h"
#include "storage/log/kv_event_log.h"
#include "storage/log/kv_event_log_internal.h"

namespace sluice {
namespace {

// Read at a time.
constexpr size_t kReadBytes = size_t{4} << 20;
constexpr Sequence kMaxSequence = std::numeric_limits<Sequence>::max();

// Passes `status` on, but takes damage as something to tell a person.
absl::Status NoteDamage(const absl::Status& status, const char* what,
                        DamageList* damage) {
  if (!absl::IsDataLoss(status)) return status;
  damage->push_back({absl::StrCat("some of the log's ", what,
                                  " are lost: ", std::string(status.message())),
                     Damage::Loss::kOther});
  LOG(ERROR) << damage->back();
  return absl::OkStatus();
}

}  // namespace

absl::Status KvEventLog::Load(DamageList* damage, const LoadOptions& options) {
  absl::MutexLock writer(&writer_mu_);
  bool fresh = false;
  SLUICE_RETURN_IF_ERROR(
      NoteDamage(CheckFormatVersion(&fresh), "properties", damage));
  LogBook book(options_.tail_bytes);
  absl::Status state = LoadState(&book);
  if (absl::IsDataLoss(state)) {
    SLUICE_RETURN_IF_ERROR(NoteDamage(state, "counters", damage));
    state = RebuildState(&book);
  }
  SLUICE_RETURN_IF_ERROR(state);
  SLUICE_RETURN_IF_ERROR(NoteDamage(LoadCursors(&book), "cursors", damage));
  SLUICE_RETURN_IF_ERROR(NoteDamage(LoadSources(&book), "sources", damage));
  SLUICE_RETURN_IF_ERROR(
      NoteDamage(LoadAddressed(&book), "addressees of events", damage));
  SLUICE_RETURN_IF_ERROR(
      NoteDamage(IncludeNewerEvents(&book), "newest events", damage));
  SLUICE_RETURN_IF_ERROR(NoteDamage(IncludeNewerDeadLetters(&book),
                                    "newest dead letters", damage));
  if (!damage->empty()) {
    SLUICE_RETURN_IF_ERROR(
        NoteDamage(RecountDeadLetters(&book, damage), "dead letters", damage));
  }
  SLUICE_RETURN_IF_ERROR(NoteDamage(LoadNewestDedupe(), "event ids", damage));
  young_from_ = book.next();
  generation_ = store_->generation(Table::kEvents);
  unwritten_dead_letter_id_ = book.next_dead_letter_id();
  {
    absl::MutexLock lock(&mu_);
    book_ = std::move(book);
    dead_letters_end_ = unwritten_dead_letter_id_;
    dedupe_last_ = last_dedupe_nanos_;
  }
  // A file of the write-ahead log that is gone, or the end of one, is seen only
  // by the events that are not there.
  const bool damaged = !damage->empty() || options.check_all;
  SLUICE_RETURN_IF_ERROR(
      FindLosses(damaged ? 0 : BeforeNewest(options.recheck_bytes),
                 !options.check_all, damage));
  if (!fresh || options.read_only) return absl::OkStatus();
  WriteSet set;
  set.Put(Table::kMeta, std::string(format::kFormatVersionKey),
          absl::StrCat(format::kFormatVersion));
  return store_->Write(set, /*sync=*/true);
}

// Offsets ascend with the events.
Sequence KvEventLog::BeforeNewest(uint64_t bytes) const {
  StoredRange range;
  Sequence low = 0;
  Sequence high = 0;
  uint64_t end = 0;
  {
    absl::MutexLock lock(&mu_);
    range.floor = low = book_.first();
    range.end = high = book_.next();
    end = book_.next_offset();
  }
  range.max_bytes = 1;
  range.places_only = true;
  while (high - low > 1) {
    range.from = low + (high - low) / 2;
    StoredEvents found;
    const absl::Status status = ReadStored(*store_, range, &found);
    const bool before = status.ok() && !found.batches.empty() &&
                        found.batches.front().place.end_offset + bytes <= end;
    (before ? low : high) = range.from;
  }
  return low;
}

absl::Status KvEventLog::FindLosses(Sequence from, bool places_only,
                                    DamageList* damage) {
  StoredRange range;
  {
    absl::MutexLock lock(&mu_);
    range.floor = book_.first();
    range.from = std::max(from, range.floor);
    range.floor_offset = book_.start().offset;
    range.end = book_.next();
    range.end_offset = book_.next_offset();
  }
  range.max_bytes = kReadBytes;
  range.places_only = places_only;
  while (range.from < range.end) {
    StoredEvents found;
    SLUICE_RETURN_IF_ERROR(ReadStored(*store_, range, &found));
    range.from =
        found.batches.empty() ? range.end : found.batches.back().place.end;
    AccountLosses(std::move(found.lost), damage);
  }
  return absl::OkStatus();
}

absl::Status KvEventLog::LoadNewestDedupe() {
  SLUICE_ASSIGN_OR_RETURN(
      const auto newest,
      store_->LastKey(Table::kDedupe, "", format::AfterAllNumberKeys()));
  if (newest.has_value()) {
    last_dedupe_nanos_ =
        static_cast<int64_t>(format::ParseNumberKey(*newest).value_or(0));
  }
  return absl::OkStatus();
}

absl::Status KvEventLog::CheckFormatVersion(bool* fresh) {
  SLUICE_ASSIGN_OR_RETURN(const auto stored,
                          store_->Get(Table::kMeta, format::kFormatVersionKey));
  *fresh = !stored.has_value();
  if (*fresh) return absl::OkStatus();
  uint64_t version = 0;
  if (absl::SimpleAtoi(*stored, &version) &&
      version <= format::kFormatVersion) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the log has format version ", *stored, ", and this program knows ",
      "versions up to ", format::kFormatVersion, ": use a newer program"));
}

absl::Status KvEventLog::LoadState(LogBook* book) const {
  SLUICE_ASSIGN_OR_RETURN(const auto stored,
                          store_->Get(Table::kMeta, format::kStateKey));
  if (!stored.has_value()) return RebuildState(book);
  storage::v1::LogState state;
  if (!state.ParseFromString(*stored)) {
    return absl::DataLossError("the state of the log is not readable");
  }
  book->FromProto(state);
  return absl::OkStatus();
}

// A new log, or one that lost its tables but not its events.
absl::Status KvEventLog::RebuildState(LogBook* book) const {
  StoredRange range;
  range.from = range.floor = 1;
  range.end = kMaxSequence;
  range.max_bytes = 1;
  range.places_only = true;
  StoredEvents found;
  SLUICE_RETURN_IF_ERROR(ReadStored(*store_, range, &found));
  if (found.batches.empty()) return absl::OkStatus();
  const BatchPlace& oldest = found.batches.front().place;
  storage::v1::LogState state = book->ToProto();
  state.set_first_sequence(oldest.first);
  state.set_first_offset(oldest.begin_offset);
  state.set_next_sequence(oldest.end);
  state.set_next_offset(oldest.end_offset);
  book->FromProto(state);
  return absl::OkStatus();
}

absl::Status KvEventLog::LoadCursors(LogBook* book) const {
  Sequence cursors_end = 0;
  const absl::Status status = store_->Scan(
      Table::kCursors,
      ScanRange::Between(std::string(format::kCursorPrefix),
                         std::string(format::kAfterCursors)),
      [&](std::string_view key, std::string_view value) {
        storage::v1::CursorState state;
        const std::string name(key.substr(format::kCursorPrefix.size()));
        if (!state.ParseFromArray(value.data(),
                                  static_cast<int>(value.size()))) {
          LOG(ERROR) << "the state of cursor \"" << name
                     << "\" is not readable; it begins anew";
          return true;
        }
        const CursorProgress progress(state);
        cursors_end = std::max(cursors_end, progress.next());
        book->cursors().emplace(name, CursorEntry(progress));
        return true;
      });
  // Only after a repair can a cursor be ahead of the log.
  if (cursors_end > book->next()) book->Extend(cursors_end, 0);
  return status;
}

absl::Status KvEventLog::LoadAddressed(LogBook* book) const {
  Sequence addressed_end = 0;
  const absl::Status status = store_->Scan(
      Table::kCursors,
      ScanRange::Between(std::string(format::kAddressedPrefix),
                         std::string(format::kAfterAddressed)),
      [&](std::string_view, std::string_view value) {
        storage::v1::AddressedRange range;
        if (range.ParseFromArray(value.data(),
                                 static_cast<int>(value.size()))) {
          book->LoadAddressed(range);
          addressed_end = std::max(addressed_end, range.last() + 1);
        } else {
          LOG(ERROR) << "whom some events are for is not readable; they go to "
                        "every sink";
        }
        return true;
      });
  // Only after a repair can they be ahead of the log.
  if (addressed_end > book->next()) book->Extend(addressed_end, 0);
  return status;
}

absl::Status KvEventLog::LoadSources(LogBook* book) const {
  return store_->Scan(
      Table::kCursors,
      ScanRange::Between(std::string(format::kSourcePrefix),
                         std::string(format::kAfterSources)),
      [&](std::string_view key, std::string_view value) {
        storage::v1::SourceState state;
        const std::string name(key.substr(format::kSourcePrefix.size()));
        if (!state.ParseFromArray(value.data(),
                                  static_cast<int>(value.size()))) {
          LOG(ERROR) << "the state of source \"" << name
                     << "\" is not readable; it begins anew";
          return true;
        }
        book->sources().emplace(name, std::move(state));
        return true;
      });
}

absl::Status KvEventLog::IncludeNewerEvents(LogBook* book) const {
  SLUICE_ASSIGN_OR_RETURN(
      const auto newest,
      store_->LastKey(Table::kEvents, format::NumberKey(book->next()),
                      format::AfterAllNumberKeys()));
  if (newest.has_value()) {
    const Sequence last = format::ParseNumberKey(*newest).value_or(0);
    StoredRange range;
    range.floor = range.from = last;
    range.end = kMaxSequence;
    range.max_bytes = 1;
    range.places_only = true;
    StoredEvents found;
    SLUICE_RETURN_IF_ERROR(ReadStored(*store_, range, &found));
    if (found.batches.empty()) {
      book->Extend(last + 1, 0);
    } else {
      const BatchPlace& place = found.batches.front().place;
      book->Extend(place.end, place.end_offset);
    }
    LOG(ERROR) << "the log's state was older than its events; it now ends "
               << "before event " << book->next();
  }
  return absl::OkStatus();
}

absl::Status KvEventLog::IncludeNewerDeadLetters(LogBook* book) const {
  SLUICE_ASSIGN_OR_RETURN(
      const auto newest_letter,
      store_->LastKey(Table::kDeadLetters, "", format::AfterAllNumberKeys()));
  if (newest_letter.has_value()) {
    book->ExtendDeadLetterIds(
        format::ParseNumberKey(*newest_letter).value_or(0) + 1);
  }
  return absl::OkStatus();
}

absl::Status KvEventLog::RecountDeadLetters(LogBook* book,
                                            DamageList* damage) const {
  uint64_t letters = 0;
  uint64_t bytes = 0;
  SLUICE_RETURN_IF_ERROR(store_->Scan(
      Table::kDeadLetters,
      ScanRange::Between("", std::string(format::AfterAllNumberKeys())),
      [&](std::string_view, std::string_view value) {
        ++letters;
        bytes += value.size();
        return true;
      }));
  LogStats before;
  book->FillStats(&before);
  book->RecountDeadLetters(letters, bytes);
  LogStats after;
  book->FillStats(&after);
  if (after.dead_letters_lost > before.dead_letters_lost) {
    damage->push_back(
        {absl::StrCat(after.dead_letters_lost - before.dead_letters_lost,
                      " dead letters are lost to damage on disk"),
         Damage::Loss::kOther});
    LOG(ERROR) << damage->back();
  }
  return absl::OkStatus();
}

}  // namespace sluice
