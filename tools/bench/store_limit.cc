#include "tools/bench/store_limit.h"

#include <memory>
#include <string>

#include "storage/base/status_macros.h"
#include "storage/format/keys.h"
#include "storage/format/record.h"
#include "storage/kv/key_value_store.h"
#include "storage/kv/rocksdb_store.h"
#include "tools/bench/bench_events.h"

namespace sluice::bench {
namespace {

// The next group of `cycle` as the changes of one write. Returns the bytes of
// its records.
uint64_t EncodeGroup(BatchCycle* cycle, uint64_t* sequence,
                     format::RecordEncoder* encoder, WriteSet* set) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < kGroupBatches; ++i) {
    const EventBatchPtr batch = cycle->Next();
    if (batch == nullptr) break;
    std::string record;
    encoder->Append({.first_sequence = *sequence}, *batch, &record);
    bytes += record.size();
    set->Put(Table::kEvents, format::NumberKey(*sequence), std::move(record));
    *sequence += batch->size();
  }
  return bytes;
}

}  // namespace

absl::StatusOr<StoreLimit> MeasureStore(const std::string& folder,
                                        uint64_t events,
                                        Durability durability) {
  PreparedBatches();
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbStore> store,
                          RocksDbStore::Open(folder, {}));
  format::RecordEncoder encoder(format::Codec::kLz4);
  BatchCycle cycle(events);
  uint64_t sequence = 1;
  uint64_t bytes = 0;
  const Stopwatch watch;
  while (cycle.left() > 0) {
    WriteSet set;
    bytes += EncodeGroup(&cycle, &sequence, &encoder, &set);
    SLUICE_RETURN_IF_ERROR(
        store->Write(set, durability == Durability::kDurable));
  }
  StoreLimit limit;
  limit.work = watch.Observe(events);
  limit.record_bytes_per_event =
      Ratio(static_cast<double>(bytes), static_cast<double>(events));
  return limit;
}

}  // namespace sluice::bench
