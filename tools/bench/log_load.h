// Fills and empties a log as the pipeline's stages do, without them.
#ifndef TOOLS_BENCH_LOG_LOAD_H_
#define TOOLS_BENCH_LOG_LOAD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice::bench {

// The one cursor of these logs.
inline constexpr char kCursor[] = "out";
// max_bytes of logs that hold up to 10^8 events.
inline constexpr uint64_t kLogBytes = uint64_t{64} << 30;
// What their reader takes at once, as a delivery stage does.
inline constexpr size_t kReadBytes = size_t{1} << 20;

// Opens the log in `folder`, with room for kLogBytes, and its cursor from the
// start.
//   errors of RocksDbEventLog::Open() and OpenCursor()
absl::StatusOr<std::unique_ptr<RocksDbEventLog>> OpenLog(
    const std::string& folder);

// Appends `events` prepared events in groups of kGroupBatches. `appended` is
// told how long each append took.
//   errors of EventLog::Append()
absl::Status AppendEvents(EventLog* log, uint64_t events, Durability durability,
                          absl::FunctionRef<void(absl::Duration)> appended);

// Reads from `from` on until `events` were read or the log ends. Returns how
// many it read.
//   errors of EventLog::Read()
absl::StatusOr<uint64_t> ReadEvents(EventLog* log, Sequence from,
                                    uint64_t events);

// Reads from the cursor on up to `end`, and commits each piece as delivered.
//   errors of EventLog::Read() and Commit(); kDataLoss: the log ends before.
absl::Status ConsumeEvents(EventLog* log, Sequence end);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_LOG_LOAD_H_
