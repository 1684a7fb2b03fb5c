// What RocksDB's errors mean to us.
#ifndef STORAGE_KV_ROCKSDB_STATUS_H_
#define STORAGE_KV_ROCKSDB_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace sluice {

// The one translation of RocksDB's status. `attempted` says what was tried, on
// what: "writing to log \"/data/office\"".
//   kUnavailable: disk full, I/O error, busy.  kDataLoss: corruption, or
//   RocksDB gave up on the open database.  kInternal: a call of ours was wrong.
absl::Status TranslateRocksDbStatus(const rocksdb::Status& status,
                                    std::string_view attempted);

// True when opening failed because another process, or another object of this
// one, has the database open.
bool IsLockHeld(const rocksdb::Status& status);

}  // namespace sluice

#endif  // STORAGE_KV_ROCKSDB_STATUS_H_
