// What the parts of KvEventLog share.
#ifndef STORAGE_LOG_KV_EVENT_LOG_INTERNAL_H_
#define STORAGE_LOG_KV_EVENT_LOG_INTERNAL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "storage/format/keys.h"
#include "storage/log/kv_event_log.h"

namespace sluice {

// High and low half of a DedupeKey.
inline constexpr size_t kDedupeKeyBytes = 16;

// A batch that was encoded: where it will lie, and its record within records_.
struct EncodedBatch {
  BatchPlace place;
  EventBatchPtr events;
  size_t record_begin = 0;
  size_t record_bytes = 0;
};

// What a write does to dead letters that are there.
struct LetterChanges {
  // As they were: to be put back should the write fail.
  std::vector<PendingDeadLetter> before;
  std::vector<uint64_t> deleted;
  std::vector<PendingDeadLetter> edited;
  DeadLetterDelta delta;
  // Nothing is stored below; and when the age of the oldest matters again.
  std::optional<uint64_t> floor;
  std::optional<absl::Time> next_check;
};

struct KvEventLog::Additions {
  LogStart start;
  std::vector<EncodedBatch> batches;
  // Of the request, which outlives this.
  absl::Span<const SourceUpdate> sources;
  absl::Span<const storage::v1::DeadLetter> dead_letters;
  absl::Span<const DedupeKey> dedupe_keys;
  std::vector<std::string> only_cursors;  // In order.
  LetterChanges letters;
  // A cursor to be taken back to an event, or to be forgotten.
  std::string rewound_cursor;
  Sequence rewind_to = 0;
  std::string removed_cursor;

  // ---- Filled by Prepare(), for Apply() ----
  DeadLetterDelta letters_delta;
  std::vector<PendingDeadLetter> new_dead_letters;
  SourceMap new_sources;
  size_t pending_dead_letters = 0;
  size_t damaged_records = 0;
  uint64_t deleted_record_bytes = 0;
  uint64_t next_dead_letter_id = 0;
  int64_t dedupe_nanos = 0;

  // Events that are for `only_cursors`.
  bool HasAddressed() const {
    return !batches.empty() && !only_cursors.empty();
  }
  // ... and not for `cursor`.
  bool IsNotFor(std::string_view cursor) const {
    return HasAddressed() && std::find(only_cursors.begin(), only_cursors.end(),
                                       cursor) == only_cursors.end();
  }
};

// Bytes that records of `bytes` of events can take at most: uncompressed, and
// with headers for as many batches as anybody makes of that.
inline uint64_t RecordBytesFor(uint64_t bytes, const LogOptions& options) {
  return bytes + std::min<uint64_t>(64 << 10, options.max_bytes / 64);
}

inline std::string CursorKey(std::string_view name) {
  return std::string(format::kCursorPrefix) + std::string(name);
}
inline std::string AddressedKey(Sequence first) {
  return std::string(format::kAddressedPrefix) + format::NumberKey(first);
}
inline std::string SourceKey(std::string_view name) {
  return std::string(format::kSourcePrefix) + std::string(name);
}

}  // namespace sluice

#endif  // STORAGE_LOG_KV_EVENT_LOG_INTERNAL_H_
