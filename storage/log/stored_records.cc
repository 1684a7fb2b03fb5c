#include "storage/log/stored_records.h"

#include <algorithm>
#include <optional>

#include "storage/base/status_macros.h"
#include "storage/format/keys.h"
#include "storage/format/record.h"

namespace sluice {
namespace {

class Collector {
 public:
  Collector(const StoredRange& range, StoredEvents* out)
      : range_(range), out_(*out), expected_(range.from) {
    if (range.from == range.floor) expected_offset_ = range.floor_offset;
  }

  // What store.Scan() calls. Stops where records are missing that were not
  // looked for yet: see NeedsAnotherLook().
  bool VisitInOrder(std::string_view key, std::string_view record) {
    const auto sequence = format::ParseNumberKey(key);
    if (sequence > resume_at() && advanced_) {
      gap_ = true;
      return false;
    }
    advanced_ = true;
    return Visit(key, record);
  }

  // What store.ScanDamaged() calls.
  bool Visit(std::string_view key, std::string_view record) {
    const auto sequence = format::ParseNumberKey(key);
    // Seen before, when reading goes on after an error.
    if (!sequence.has_value() || sequence <= visited_) return true;
    visited_ = sequence;
    const auto header = format::ParseRecordHeader(record);
    if (absl::IsUnimplemented(header.status())) {
      status_ = header.status();
      return false;
    }
    if (!header.ok() || header->first_sequence != *sequence) {
      return AddDamaged(*sequence, record);
    }
    if (header->end_sequence() <= expected_) {
      // The greatest key below what was asked for, and it does not reach there.
      expected_offset_ = header->begin_offset + record.size();
      return true;
    }
    EventBatchPtr events;
    if (!range_.places_only) {
      auto parsed = format::ParseRecordBody(*header, record);
      if (!parsed.ok()) return AddDamaged(*sequence, record);
      events = *std::move(parsed);
    }
    return AddGood(*header, record.size(), std::move(events));
  }

  // Accounts for everything up to the end of the range, if that was reached.
  void Finish() {
    if (!full_) CloseGap(range_.end, range_.end_offset);
  }

  // To be asked after each store.Scan(). It came across records, and then some
  // were missing: they may be there all the same, if a scan begins with them.
  bool NeedsAnotherLook() {
    const bool needs = !full_ && status_.ok() && advanced_ &&
                       (gap_ || resume_at() < range_.end);
    advanced_ = gap_ = false;
    return needs;
  }

  bool full() const { return full_; }
  const absl::Status& status() const { return status_; }
  // Where to go on after an error: behind what was seen.
  Sequence resume_at() const {
    return visited_.has_value() ? std::max(expected_, *visited_ + 1)
                                : expected_;
  }

 private:
  bool AddDamaged(Sequence sequence, std::string_view record) {
    damaged_.emplace_back(sequence, std::string(record));
    return true;
  }

  bool AddGood(const format::RecordHeader& header, size_t record_bytes,
               EventBatchPtr events) {
    CloseGap(header.first_sequence, header.begin_offset);
    BatchPlace place;
    place.first = header.first_sequence;
    place.end = header.end_sequence();
    place.begin_offset = header.begin_offset;
    place.end_offset = header.begin_offset + record_bytes;
    place.append_unix_nanos = header.append_unix_nanos;
    bytes_ += events != nullptr ? events->byte_size() : record_bytes;
    out_.batches.push_back({place, std::move(events)});
    expected_ = place.end;
    expected_offset_ = place.end_offset;
    full_ = bytes_ >= range_.max_bytes || expected_ >= range_.end;
    return !full_;
  }

  // The next good record, or the end, is at `end`: what lies before is lost.
  void CloseGap(Sequence end, std::optional<uint64_t> end_offset) {
    Sequence first = expected_;
    // A damaged record that began below what was asked for.
    if (!damaged_.empty()) first = std::min(first, damaged_.front().first);
    if (first < end) {
      LostRange lost;
      lost.first = first;
      lost.last = end - 1;
      for (const auto& [sequence, record] : damaged_) {
        lost.bytes += record.size();
      }
      if (expected_offset_.has_value() && end_offset.has_value()) {
        lost.bytes = *end_offset - std::min(*expected_offset_, *end_offset);
      }
      lost.records = std::move(damaged_);
      out_.lost.push_back(std::move(lost));
    }
    damaged_.clear();
  }

  const StoredRange& range_;
  StoredEvents& out_;
  absl::Status status_;
  // The sequence that should come next, and the offset of its record.
  Sequence expected_;
  std::optional<uint64_t> expected_offset_;
  std::optional<Sequence> visited_;
  // Damaged records since the last good one.
  std::vector<std::pair<Sequence, std::string>> damaged_;
  size_t bytes_ = 0;
  bool full_ = false;
  // This scan came to records not seen before; and then to a gap.
  bool advanced_ = false;
  bool gap_ = false;
};

bool Readable(const KeyValueStore& store, Sequence from, Sequence end) {
  const auto range =
      ScanRange::Between(format::NumberKey(from), format::NumberKey(end));
  return !absl::IsDataLoss(
      store.Scan(Table::kEvents, range,
                 [](std::string_view, std::string_view) { return false; }));
}

// The lowest sequence from `from` on where the store can read again, or `end`.
// Blocks are unreadable as a whole, so doubling steps and then halving
// them finds it in few reads.
Sequence NextReadable(const KeyValueStore& store, Sequence from, Sequence end) {
  if (Readable(store, from, end)) return from;
  Sequence step = 1;
  while (step < end - from && !Readable(store, from + step, end)) step *= 2;
  Sequence high = step < end - from ? from + step : end;
  Sequence low = from + step / 2;  // Not readable.
  while (high - low > 1) {
    const Sequence middle = low + (high - low) / 2;
    (Readable(store, middle, end) ? high : low) = middle;
  }
  return high;
}

}  // namespace

absl::Status ReadStored(const KeyValueStore& store, const StoredRange& range,
                        StoredEvents* out) {
  Collector collector(range, out);
  ScanRange scan;
  scan.floor = format::NumberKey(range.floor);
  scan.from = format::NumberKey(range.from);
  scan.end = format::NumberKey(range.end);
  while (!collector.full()) {
    const absl::Status status =
        store.Scan(Table::kEvents, scan,
                   [&collector](std::string_view key, std::string_view record) {
                     return collector.VisitInOrder(key, record);
                   });
    SLUICE_RETURN_IF_ERROR(collector.status());
    if (!status.ok() && !absl::IsDataLoss(status)) return status;
    const bool look_again = collector.NeedsAnotherLook();
    const Sequence resume_at = collector.resume_at();
    if (resume_at >= range.end || (status.ok() && !look_again)) break;
    if (status.ok()) {
      scan.floor = scan.from = format::NumberKey(resume_at);
      continue;
    }
    // The records have checksums of their own, so all bytes are worth a look.
    const Sequence next = NextReadable(store, resume_at, range.end);
    scan.from = std::max(scan.from, format::NumberKey(resume_at));
    scan.end = format::NumberKey(next);
    SLUICE_RETURN_IF_ERROR(store.ScanDamaged(
        Table::kEvents, scan,
        [&collector](std::string_view key, std::string_view record) {
          return collector.Visit(key, record);
        }));
    SLUICE_RETURN_IF_ERROR(collector.status());
    if (next >= range.end) break;
    scan.floor = scan.from = format::NumberKey(next);
    scan.end = format::NumberKey(range.end);
  }
  collector.Finish();
  return absl::OkStatus();
}

}  // namespace sluice
