// Reading the records of a log back, around whatever is damaged.
#ifndef STORAGE_LOG_STORED_RECORDS_H_
#define STORAGE_LOG_STORED_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/kv/key_value_store.h"
#include "storage/log/event_log.h"
#include "storage/log/recent_batches.h"

namespace sluice {

struct StoredBatch {
  BatchPlace place;
  EventBatchPtr events;  // Null when only places were asked for.
};

// Events that cannot be read any more.
struct LostRange {
  Sequence first = 0;
  Sequence last = 0;  // Included.
  // Bytes of their records, as far as known.
  uint64_t bytes = 0;
  // Keys and bytes of the damaged records, where the store could give them.
  std::vector<std::pair<Sequence, std::string>> records;
};

struct StoredRange {
  // Keys below do not count.
  Sequence floor = 1;
  // Begins with the batch that holds `from`, or the first one behind.
  Sequence from = 1;
  // The log is known to be complete up to here, excluded.
  Sequence end = 1;
  // Where the records of `floor` and of `end` begin, as far as known; without
  // that the bytes of what is lost there are not.
  std::optional<uint64_t> floor_offset;
  std::optional<uint64_t> end_offset;
  // Ends when the batches take so much memory; there is at least one.
  size_t max_bytes = 0;
  bool places_only = false;
};

struct StoredEvents {
  std::vector<StoredBatch> batches;
  std::vector<LostRange> lost;  // Ascending, between and around the batches.
};

// Reads a range, and says what of it is lost: records that do not pass their
// checksum or lie under the wrong key, parts that the store itself cannot read,
// and sequences for which there is no record.
//   kUnavailable: the disk refused.  kUnimplemented: a record of a newer
//   version.
absl::Status ReadStored(const KeyValueStore& store, const StoredRange& range,
                        StoredEvents* out);

}  // namespace sluice

#endif  // STORAGE_LOG_STORED_RECORDS_H_
