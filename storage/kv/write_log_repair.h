// Taking damage out of the write-ahead log before RocksDB reads it.
#ifndef STORAGE_KV_WRITE_LOG_REPAIR_H_
#define STORAGE_KV_WRITE_LOG_REPAIR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "storage/kv/damage.h"

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace sluice {

// A remark for the write-ahead log, in every write: all changes up to RocksDB's
// number `sequence` were synced before. Tells damage from what loss of power
// leaves.
std::string SyncedMark(uint64_t sequence);

// Looks over the write-ahead log of the database in folder `path`, whose column
// families have these names.
//
// Bytes that are no whole write, where numbers say that writes are missing, are
// damage if what they held was synced, or if they do not look like what loss of
// power leaves: they go to `quarantine`, the writes behind them stay, and
// `damage` tells of it. Otherwise they are an end, and what lies behind
// them goes too, as RocksDB has it (point in time). Where no write is missing
// they are what a failed write left, and go without a word. Nothing is changed
// when all is well.
rocksdb::Status RepairWriteLogs(rocksdb::Env* env, const std::string& path,
                                const std::vector<std::string>& families,
                                DamageList* damage);

// Says the same in `damage`, and changes nothing.
rocksdb::Status CheckWriteLogs(rocksdb::Env* env, const std::string& path,
                               const std::vector<std::string>& families,
                               DamageList* damage);

}  // namespace sluice

#endif  // STORAGE_KV_WRITE_LOG_REPAIR_H_
