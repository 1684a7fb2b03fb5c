// The EventLog on disk, in a RocksDB database.
#ifndef STORAGE_LOG_ROCKSDB_EVENT_LOG_H_
#define STORAGE_LOG_ROCKSDB_EVENT_LOG_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/base/clock.h"
#include "storage/kv/damage.h"
#include "storage/kv/rocksdb_store.h"
#include "storage/log/kv_event_log.h"

namespace sluice {

// What the logs of one process share.
using RocksDbLogResources = RocksDbResources;

struct RocksDbLogOptions {
  LogOptions log;
  RocksDbLogResources resources;
  // See RocksDbStoreOptions. Two of them can be in memory at a time. Less for a
  // small log: a quarter of its max_bytes.
  size_t memtable_bytes = RocksDbStoreOptions().memtable_bytes;
  // The file system; null: the real one. Outlives the log.
  rocksdb::Env* env = nullptr;
  // See RocksDbStoreOptions. With `read_only` writing methods fail, and losses
  // that are found count in memory only. With `check_all` every record is read,
  // too.
  bool read_only = false;
  bool check_all = false;
};

class RocksDbEventLog final : public KvEventLog {
 public:
  // Opens the log in folder `path`, which is made if it is not there: the
  // database in it, and a folder `quarantine` for damaged records. Damage does
  // not keep it from opening; what is lost is counted and reported. `clock`
  // outlives the log.
  //   kFailedPrecondition: the folder is in use by another process, cannot be
  //   written, or holds a log of a newer format version.
  //   kUnavailable: the disk refused.  kDataLoss: beyond repair; damaged
  //   (read_only).
  static absl::StatusOr<std::unique_ptr<RocksDbEventLog>> Open(
      const std::string& path, const RocksDbLogOptions& options, Clock* clock);

  // What had to be repaired on opening, and what is lost; empty: nothing.
  const DamageList& damage() const { return damage_; }

  // What the log is made of, for CheckTables(): without what waits for Flush().
  const KeyValueStore& tables() const { return tables_; }

 private:
  RocksDbEventLog(std::unique_ptr<RocksDbStore> store,
                  const LogOptions& options, Clock* clock);
  // `disk` is `store`.
  RocksDbEventLog(const RocksDbStore* disk,
                  std::unique_ptr<RocksDbStore>&& store,
                  const LogOptions& options, Clock* clock);

  const KeyValueStore& tables_;
  DamageList damage_;
};

}  // namespace sluice

#endif  // STORAGE_LOG_ROCKSDB_EVENT_LOG_H_
