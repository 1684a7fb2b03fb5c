#include "storage/log/log_check.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/format/keys.h"
#include "storage/kv/rocksdb_store.h"
#include "storage/log/cursor_progress.h"
#include "storage/log/stored_records.h"

namespace sluice {
namespace {

// Read at a time.
constexpr size_t kReadBytes = size_t{4} << 20;
constexpr size_t kDedupeKeyBytes = 16;

class Checker {
 public:
  Checker(const KeyValueStore& store,
          const std::function<void(double)>& progress)
      : store_(store), progress_(progress) {}

  absl::StatusOr<LogCheck> Run() {
    SLUICE_RETURN_IF_ERROR(CheckMeta());
    SLUICE_RETURN_IF_ERROR(CheckEvents());
    CheckNothingBehind();
    CheckCursors();
    CheckSources();
    CheckDeadLetters();
    CheckDedupe();
    return std::move(check_);
  }

 private:
  template <typename... Parts>
  void Problem(const Parts&... parts) {
    check_.problems.push_back(absl::StrCat(parts...));
  }
  // Notes an error of reading a table.
  void Note(const char* table, const absl::Status& status) {
    if (!status.ok()) {
      Problem("table ", table, ": ", std::string(status.message()));
    }
  }

  absl::Status CheckMeta() {
    SLUICE_ASSIGN_OR_RETURN(
        const auto version,
        store_.Get(Table::kMeta, format::kFormatVersionKey));
    if (!version.has_value() ||
        !absl::SimpleAtoi(*version, &check_.format_version)) {
      Problem("the format version is missing");
    } else if (check_.format_version > format::kFormatVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the log has format version ", check_.format_version,
          ", and this program knows versions up to ", format::kFormatVersion));
    }
    SLUICE_ASSIGN_OR_RETURN(const auto state,
                            store_.Get(Table::kMeta, format::kStateKey));
    check_.state.set_first_sequence(1);
    check_.state.set_next_sequence(1);
    if (state.has_value() && !check_.state.ParseFromString(*state)) {
      Problem("the log's state is not readable");
    }
    return absl::OkStatus();
  }

  absl::Status CheckEvents() {
    StoredRange range;
    range.floor = range.from = check_.state.first_sequence();
    range.end = check_.state.next_sequence();
    range.max_bytes = kReadBytes;
    uint64_t offset = check_.state.first_offset();
    while (range.from < range.end) {
      StoredEvents found;
      SLUICE_RETURN_IF_ERROR(ReadStored(store_, range, &found));
      for (const LostRange& lost : found.lost) AddLost(lost);
      for (const StoredBatch& batch : found.batches) {
        AddBatch(batch, found.lost.empty() ? &offset : nullptr);
        offset = batch.place.end_offset;
      }
      if (!found.batches.empty()) {
        range.from = found.batches.back().place.end;
      }
      if (!found.lost.empty()) {
        range.from = std::max(range.from, found.lost.back().last + 1);
      }
      if (progress_ != nullptr) {
        progress_(static_cast<double>(range.from - range.floor) /
                  static_cast<double>(range.end - range.floor));
      }
    }
    uint64_t expected =
        check_.state.next_offset() - check_.state.first_offset();
    for (const auto& hole : check_.state.holes()) expected -= hole.bytes();
    if (check_.lost.size() == static_cast<size_t>(check_.state.holes_size()) &&
        expected != check_.record_bytes) {
      Problem("records take ", check_.record_bytes, " bytes, and the log says ",
              expected);
    }
    return absl::OkStatus();
  }

  void AddLost(const LostRange& lost) {
    check_.lost.emplace_back(lost.first, lost.last);
    check_.damaged_records += lost.records.size();
    if (lost.records.empty()) {
      AddUnknown(lost.first, lost.last, " are missing");
    } else {
      Unknown(lost.first, lost.last, " are damaged");
    }
  }

  // Of what is missing from `first` to `last`, what the log does not know of.
  void AddUnknown(Sequence first, Sequence last, const char* what) {
    for (const auto& hole : check_.state.holes()) {
      if (hole.last() < first) continue;
      if (hole.first() > last) break;
      if (hole.first() > first) Unknown(first, hole.first() - 1, what);
      first = hole.last() + 1;
    }
    if (first <= last) Unknown(first, last, what);
  }
  void Unknown(Sequence first, Sequence last, const char* what) {
    check_.newly_lost.emplace_back(first, last);
    Problem("events ", first, " to ", last, what);
  }

  // `offset`: where the batch should begin; null: not known.
  void AddBatch(const StoredBatch& batch, const uint64_t* offset) {
    const BatchPlace& place = batch.place;
    ++check_.records;
    check_.events += batch.events->size();
    check_.record_bytes += place.end_offset - place.begin_offset;
    if (offset != nullptr && place.begin_offset != *offset) {
      Problem("the batch of event ", place.first, " begins at offset ",
              place.begin_offset, " and not at ", *offset);
    }
    for (size_t i = 0; i < batch.events->size(); ++i) {
      const auto view = EventView::Parse(batch.events->event_wire(i));
      if (!view.ok()) {
        Problem("event ", place.first + i, ": ",
                std::string(view.status().message()));
      }
    }
  }

  void CheckNothingBehind() {
    const auto behind = store_.LastKey(
        Table::kEvents, format::NumberKey(check_.state.next_sequence()),
        format::AfterAllNumberKeys());
    Note("events", behind.status());
    if (behind.ok() && behind->has_value()) {
      Problem("there are records behind the end of the log");
    }
  }

  void CheckCursors() {
    Note("cursors",
         store_.Scan(Table::kCursors,
                     ScanRange::Between(std::string(format::kCursorPrefix),
                                        std::string(format::kAfterCursors)),
                     [this](std::string_view key, std::string_view value) {
                       key.remove_prefix(format::kCursorPrefix.size());
                       AddCursor(std::string(key), value);
                       return true;
                     }));
  }

  void AddCursor(std::string name, std::string_view value) {
    CursorInfo info;
    info.name = std::move(name);
    if (!info.state.ParseFromArray(value.data(),
                                   static_cast<int>(value.size()))) {
      Problem("cursor \"", info.name, "\" is not readable");
      return;
    }
    const Sequence end = check_.state.next_sequence();
    const auto& state = info.state;
    uint64_t done = state.next_sequence() - state.start_sequence();
    Sequence above = state.next_sequence();
    bool sane = state.start_sequence() <= state.next_sequence() &&
                state.next_sequence() <= end &&
                state.next_sequence() >= check_.state.first_sequence();
    for (const auto& range : state.done()) {
      sane = sane && range.first() > above && range.first() <= range.last() &&
             range.last() < end;
      above = range.last() + 1;
      done += range.last() - range.first() + 1;
    }
    sane = sane && done == DoneEvents(state.counters());
    if (!sane) {
      Problem("cursor \"", info.name,
              "\" does not agree with the log: ", state.ShortDebugString());
    }
    info.waiting = end - state.start_sequence() - done;
    check_.cursors.push_back(std::move(info));
  }

  void CheckSources() {
    Note("cursors",
         store_.Scan(Table::kCursors,
                     ScanRange::Between(std::string(format::kSourcePrefix),
                                        std::string(format::kAfterSources)),
                     [this](std::string_view key, std::string_view value) {
                       key.remove_prefix(format::kSourcePrefix.size());
                       SourceInfo info;
                       info.name = std::string(key);
                       if (!info.state.ParseFromArray(
                               value.data(), static_cast<int>(value.size()))) {
                         Problem("source \"", info.name, "\" is not readable");
                       }
                       check_.sources.push_back(std::move(info));
                       return true;
                     }));
  }

  void CheckDeadLetters() {
    uint64_t bytes = 0;
    Note("dead_letters",
         store_.Scan(
             Table::kDeadLetters,
             ScanRange::Between("", std::string(format::AfterAllNumberKeys())),
             [&](std::string_view key, std::string_view value) {
               ++check_.dead_letters;
               bytes += value.size();
               storage::v1::DeadLetter letter;
               if (!letter.ParseFromArray(value.data(),
                                          static_cast<int>(value.size())) ||
                   format::ParseNumberKey(key) != letter.id() ||
                   letter.id() >= check_.state.next_dead_letter_id()) {
                 Problem("dead letter ", check_.dead_letters,
                         " of the list is not as it should be");
               }
               return true;
             }));
    if (check_.dead_letters != check_.state.dead_letters() ||
        bytes != check_.state.dead_letter_bytes()) {
      Problem("there are ", check_.dead_letters, " dead letters of ", bytes,
              " bytes, and the log says ", check_.state.dead_letters(), " of ",
              check_.state.dead_letter_bytes());
    }
    const storage::v1::LogState& state = check_.state;
    const uint64_t known =
        state.dead_letters() + state.dead_letters_redriven() +
        state.dead_letters_purged() + state.dead_letters_dropped() +
        state.dead_letters_lost();
    // 0: written before they were counted.
    if (state.dead_letters_made() != 0 && state.dead_letters_made() != known) {
      Problem(state.dead_letters_made(), " dead letters were made, and ", known,
              " are accounted for");
    }
  }

  void CheckDedupe() {
    Note("dedupe",
         store_.Scan(
             Table::kDedupe,
             ScanRange::Between("", std::string(format::AfterAllNumberKeys())),
             [this](std::string_view, std::string_view value) {
               check_.dedupe_keys += value.size() / kDedupeKeyBytes;
               if (value.size() % kDedupeKeyBytes != 0) {
                 Problem("a record of event ids is cut off");
               }
               return true;
             }));
  }

  const KeyValueStore& store_;
  const std::function<void(double)>& progress_;
  LogCheck check_;
};

}  // namespace

absl::StatusOr<LogCheck> CheckTables(
    const KeyValueStore& store, const std::function<void(double)>& progress) {
  return Checker(store, progress).Run();
}

absl::StatusOr<LogCheck> CheckLog(const std::string& path) {
  RocksDbStoreOptions options;
  options.read_only = true;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbStore> store,
                          RocksDbStore::Open(path, options));
  return CheckTables(*store);
}

}  // namespace sluice
