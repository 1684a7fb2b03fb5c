// A KeyValueStore in a RocksDB database, tuned for a log: appended at one end,
// dropped at the other.
#ifndef STORAGE_KV_ROCKSDB_STORE_H_
#define STORAGE_KV_ROCKSDB_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/kv/disk_reserve.h"
#include "storage/kv/key_value_store.h"

namespace rocksdb {
class Cache;
class Env;
class Status;
class WriteBufferManager;
}  // namespace rocksdb

namespace sluice {

// What the databases of a process share.
struct RocksDbResources {
  // Bounds the databases that are given it to about `bytes` of memory together:
  // an eighth for cached blocks with their indexes, the rest for what is not
  // yet in files.
  static RocksDbResources Make(size_t bytes);

  std::shared_ptr<rocksdb::Cache> block_cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
};

struct RocksDbStoreOptions {
  // Size at which the table of events goes from memory to a file. 64 MiB is as
  // fast as any more, and two of them can exist at a time.
  size_t memtable_bytes = size_t{64} << 20;
  // Unset: a block cache of 16 MiB of its own, write buffers bounded by
  // memtable_bytes alone.
  RocksDbResources resources;
  // Room on the disk kept free for the day it is full: enough to write memory
  // to a file, so that progress can be noted and space be freed. Until that
  // much is free again, events are refused. 0: none.
  uint64_t reserve_bytes = 0;
  // The file system; null: the real one. Outlives the store.
  rocksdb::Env* env = nullptr;
  // Nothing on disk is changed, and no lock is taken: a look at a database that
  // may be in use. Sees what was there when it was opened.
  bool read_only = false;
};

class RocksDbStore final : public KeyValueStore {
 public:
  // Opens the database in folder `path`, which is made if it is not there. What
  // a crash or power loss left is put right without a word. After damage to its
  // files it is repaired, at the loss of what was damaged; damage() says so.
  //   kFailedPrecondition: the folder cannot be used: in use by another
  //   process, not writable, not there (read_only).
  //   kUnavailable: the disk refused.  kDataLoss: beyond repair.
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(
      const std::string& path, const RocksDbStoreOptions& options);
  ~RocksDbStore() override;

  absl::Status Write(const WriteSet& changes, bool sync) override;
  absl::Status Sync() override;
  absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const override;
  absl::Status Scan(Table table, const ScanRange& range,
                    Visitor visit) const override;
  absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor, std::string_view end) const override;
  void DropBelow(Table table, std::string_view key) override;
  uint64_t generation(Table table) const override;

  // What had to be repaired on opening, in sentences; empty: nothing.
  const std::vector<std::string>& damage() const { return damage_; }

  // Writes what is in memory to files; for tests.
  absl::Status FlushMemory();

 private:
  class Database;

  RocksDbStore(std::unique_ptr<Database> database,
               const RocksDbStoreOptions& options,
               std::vector<std::string> damage);

  // Makes ready to write `changes` after the disk was full or failed.
  absl::Status Recover(const WriteSet& changes);
  void NoteFailure(const rocksdb::Status& status);

  const std::unique_ptr<Database> database_;
  const std::vector<std::string> damage_;
  DiskReserve reserve_;
  // A write failed, so RocksDB has to be told to go on.
  bool stopped_ = false;
};

}  // namespace sluice

#endif  // STORAGE_KV_ROCKSDB_STORE_H_
