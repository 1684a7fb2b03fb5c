// Construction, reading and watching; see also
// kv_event_log_{write,space,load}.cc.
#include "storage/log/kv_event_log.h"

#include <algorithm>
#include <utility>

#include "storage/base/coding.h"
#include "storage/base/status_macros.h"
#include "storage/log/kv_event_log_internal.h"

namespace sluice {
namespace {

// Whether a batch ends between `before` and `after`, as far as is known.
bool PassesABatch(const RecentBatches& recent, Sequence before,
                  Sequence after) {
  if (after <= before) return false;
  const BatchPlace* place = recent.Find(before);
  return place == nullptr || place->end <= after;
}

void NoteAddressees(const LogBook& book, std::vector<LogBatch>* batches) {
  for (LogBatch& batch : *batches) {
    batch.only_cursors = book.AddressedTo(batch.first_sequence);
  }
}

}  // namespace

KvEventLog::KvEventLog(std::unique_ptr<KeyValueStore> store,
                       const LogOptions& options, format::Codec codec,
                       Clock* clock, Quarantine quarantine)
    : options_(options),
      clock_(clock),
      store_(std::move(store)),
      encoder_(codec),
      book_(options.tail_bytes),
      quarantine_(std::move(quarantine)) {}

std::vector<CursorInfo> KvEventLog::Cursors() const {
  absl::MutexLock lock(&mu_);
  std::vector<CursorInfo> cursors;
  for (const auto& [name, cursor] : book_.cursors()) {
    cursors.push_back(book_.Info(name, cursor.progress));
  }
  return cursors;
}

absl::Status KvEventLog::Commit(CursorCommit commit) {
  bool freed = false;
  {
    absl::MutexLock lock(&mu_);
    const Sequence before = book_.Horizon();
    SLUICE_RETURN_IF_ERROR(book_.Commit(std::move(commit)));
    freed = PassesABatch(book_.recent(), before, book_.Horizon());
  }
  if (freed) NotifySpace();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<LogBatch>> KvEventLog::Read(Sequence from,
                                                       size_t max_bytes) {
  std::vector<LogBatch> batches;
  size_t bytes = 0;
  StoredRange range;
  {
    absl::MutexLock lock(&mu_);
    from = std::max(from, book_.first());
    if (from >= book_.next()) return batches;
    if (book_.recent().TailHolds(from)) {
      book_.recent().ReadTail(from, max_bytes, &bytes, &batches);
      NoteAddressees(book_, &batches);
      return batches;
    }
    range.floor = book_.first();
    range.floor_offset = book_.start().offset;
    range.end = std::min(book_.next(), book_.recent().tail_begin());
    if (range.end == book_.next()) range.end_offset = book_.next_offset();
  }
  range.from = from;
  range.max_bytes = max_bytes;
  StoredEvents stored;
  SLUICE_RETURN_IF_ERROR(ReadStored(*store_, range, &stored));
  AccountLosses(std::move(stored.lost));
  for (StoredBatch& batch : stored.batches) {
    bytes += batch.events->byte_size();
    batches.push_back({.first_sequence = batch.place.first,
                       .events = std::move(batch.events),
                       .append_unix_nanos = batch.place.append_unix_nanos});
  }
  // On through the tail, if it still begins where the disk ended.
  const bool at_end =
      stored.batches.empty() || stored.batches.back().place.end >= range.end;
  absl::MutexLock lock(&mu_);
  if (at_end && (bytes < max_bytes || batches.empty()) &&
      book_.recent().TailHolds(range.end)) {
    book_.recent().ReadTail(range.end, max_bytes, &bytes, &batches);
  }
  NoteAddressees(book_, &batches);
  return batches;
}

std::vector<std::pair<Sequence, Sequence>> KvEventLog::found_losses() const {
  absl::MutexLock lock(&mu_);
  return book_.found_losses();
}

std::vector<SourceInfo> KvEventLog::Sources() const {
  absl::MutexLock lock(&mu_);
  std::vector<SourceInfo> sources;
  for (const auto& [name, state] : book_.sources()) {
    sources.push_back({name, state});
  }
  return sources;
}

absl::Status KvEventLog::ForEachDedupeKey(
    absl::FunctionRef<void(absl::Time, DedupeKey)> visit) const {
  const int64_t oldest =
      absl::ToUnixNanos(clock_->Now() - options_.dedupe_window);
  int64_t last = 0;
  {
    absl::MutexLock lock(&mu_);
    last = dedupe_last_;
  }
  if (oldest > last) return absl::OkStatus();
  const auto range = ScanRange::Between(
      format::NumberKey(static_cast<uint64_t>(std::max<int64_t>(oldest, 0))),
      format::NumberKey(static_cast<uint64_t>(last) + 1));
  return store_->Scan(Table::kDedupe, range,
                      [&visit](std::string_view key, std::string_view value) {
                        const auto nanos = format::ParseNumberKey(key);
                        if (!nanos.has_value()) return true;
                        const absl::Time time =
                            absl::FromUnixNanos(static_cast<int64_t>(*nanos));
                        for (; value.size() >= kDedupeKeyBytes;
                             value.remove_prefix(kDedupeKeyBytes)) {
                          visit(time, {LoadBigEndian64(value.data()),
                                       LoadBigEndian64(value.data() + 8)});
                        }
                        return true;
                      });
}

LogStats KvEventLog::stats() const {
  LogStats stats;
  absl::MutexLock lock(&mu_);
  book_.FillStats(&stats);
  stats.syncs = syncs_;
  stats.sync_time = sync_time_;
  return stats;
}

uint64_t KvEventLog::AddAppendListener(
    absl::AnyInvocable<void(Sequence)> listener) {
  absl::MutexLock lock(&append_mu_);
  const uint64_t id = next_listener_id_++;
  append_listeners_.emplace(id, std::move(listener));
  return id;
}

void KvEventLog::RemoveAppendListener(uint64_t id) {
  absl::MutexLock lock(&append_mu_);
  append_listeners_.erase(id);
}

}  // namespace sluice
