// How fast RocksDB takes what the log gives it, without the log around it.
#ifndef TOOLS_BENCH_STORE_LIMIT_H_
#define TOOLS_BENCH_STORE_LIMIT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/log/event_log.h"
#include "tools/bench/figures.h"

namespace sluice::bench {

// So many batches of 1,000 events go into one write: the pipeline stores up to
// 4 MiB at once, before compression.
inline constexpr size_t kGroupBatches = 10;

struct StoreLimit {
  Work work;
  // What a record takes on disk, per event.
  double record_bytes_per_event = 0;
};

// Writes `events` prepared events to a new store in `folder`, which it makes: a
// key per batch with LZ4, kGroupBatches to a write, one thread. No cursors, no
// checkpoints, no tail in memory, nothing reclaimed: what a log on RocksDB
// could do at best. At kDurable each write is synced.
//   errors of RocksDbStore::Open() and Write()
absl::StatusOr<StoreLimit> MeasureStore(const std::string& folder,
                                        uint64_t events, Durability durability);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_STORE_LIMIT_H_
