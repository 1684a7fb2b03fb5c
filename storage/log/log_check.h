// Looking over a log on disk without touching it, even while a process uses it.
#ifndef STORAGE_LOG_LOG_CHECK_H_
#define STORAGE_LOG_LOG_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/storage/v1/storage.pb.h"
#include "storage/kv/key_value_store.h"
#include "storage/log/event_log.h"

namespace sluice {

// What a log holds, and what is wrong with it.
struct LogCheck {
  uint64_t format_version = 0;
  storage::v1::LogState state;
  // Records of events that are whole, their events, and their bytes on disk.
  uint64_t records = 0;
  uint64_t events = 0;
  uint64_t record_bytes = 0;
  // Records that fail their checksum or their content.
  uint64_t damaged_records = 0;
  // Sequences that cannot be read, both ends included: those that the log knows
  // of, as in state.holes, and others, which `problems` names too.
  std::vector<std::pair<Sequence, Sequence>> lost;
  std::vector<std::pair<Sequence, Sequence>> newly_lost;
  uint64_t dead_letters = 0;
  uint64_t dedupe_keys = 0;
  std::vector<CursorInfo> cursors;
  std::vector<SourceInfo> sources;
  // Everything that should not be so, in sentences. Losses that the log has
  // already accounted for are not among them.
  std::vector<std::string> problems;
};

// Checks the log in folder `path`: every checksum, every event, that sequences
// and offsets leave no gap, and that cursors and counters agree with them.
//   kFailedPrecondition: there is no log.  kDataLoss: it cannot even be opened;
//   opening it for use repairs it.
absl::StatusOr<LogCheck> CheckLog(const std::string& path);

// The same for the tables in `store`. `progress` (null: none) is called now and
// then with the part of the events done, 0 to 1.
absl::StatusOr<LogCheck> CheckTables(
    const KeyValueStore& store,
    const std::function<void(double)>& progress = nullptr);

}  // namespace sluice

#endif  // STORAGE_LOG_LOG_CHECK_H_
