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

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/kv/damage.h"
#include "storage/kv/disk_reserve.h"
#include "storage/kv/key_value_store.h"
#include "storage/kv/record_finder.h"

namespace rocksdb {
class Cache;
class Env;
class Status;
class WriteBufferManager;
}  // namespace rocksdb

namespace sluice {

struct ScannedFile;

// What the databases of a process share.
struct RocksDbResources {
  // Bounds the databases that are given it to about `bytes` of memory together:
  // an eighth for cached blocks with their indexes, the rest for what is not
  // yet in files.
  static RocksDbResources Make(size_t bytes);

  // What they take of it at this moment. Any thread.
  size_t used_bytes() const;

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
  // Finds values of Table::kEvents within damaged bytes; null: they are lost.
  RecordFinder find_record;
  // Nothing on disk is changed, and no lock is taken: a look at a database that
  // may be in use. Sees what was there when it was opened. kUnavailable: its
  // write-ahead log comes and goes too fast for that.
  bool read_only = false;
  // Opening looks for damage within the blocks of Table::kEvents, too, and
  // repairs it, for which all of them are read.
  bool check_all = false;
};

class RocksDbStore final : public KeyValueStore {
 public:
  // Opens the database in folder `path`, which is made if it is not there. What
  // a crash or power loss left is put right without a word. After damage to its
  // files it is repaired, at the loss of what was damaged; damage() says so.
  //   kFailedPrecondition: the folder cannot be used: in use by another
  //   process, not writable, not there (read_only).
  //   kUnavailable: the disk refused.  kDataLoss: beyond repair; damaged
  //   (read_only).
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(
      const std::string& path, const RocksDbStoreOptions& options);
  // What Open() would find damaged in the files, without changing anything or
  // taking a lock. While somebody writes there may be findings that are gone
  // the next time.
  //   kUnavailable: the disk refused, or a file went meanwhile.
  static absl::StatusOr<DamageList> CheckFiles(
      const std::string& path, const RocksDbStoreOptions& options);
  ~RocksDbStore() override;

  absl::Status Write(const WriteSet& changes, bool sync) override;
  absl::Status Sync() override;
  absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const override;
  absl::Status Scan(Table table, const ScanRange& range,
                    Visitor visit) const override;
  absl::Status ScanDamaged(Table table, const ScanRange& range,
                           Visitor visit) const override;
  absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor, std::string_view end) const override;
  void DropBelow(Table table, std::string_view key) override;
  uint64_t generation(Table table) const override;

  // What had to be repaired on opening; empty: nothing. Which values of
  // Table::kEvents are lost is seen only in reading.
  const DamageList& damage() const { return damage_; }

  // Keeps `bytes` that were damaged in the folder `quarantine` of the database,
  // as file `name`, for a person to look at; nothing if read_only. Any thread.
  absl::Status KeepAside(std::string_view name, std::string_view bytes) const;

  // Writes what is in memory to files; for tests.
  absl::Status FlushMemory();

 private:
  class Database;

  RocksDbStore(std::unique_ptr<Database> database,
               const RocksDbStoreOptions& options, DamageList damage);

  // Keeps damaged bytes of a table file aside, unless that was done before.
  void KeepDamaged(const ScannedFile& file, uint64_t begin,
                   std::string_view bytes) const;
  // Makes ready to write `changes` after the disk was full or failed.
  absl::Status Recover(const WriteSet& changes);
  // Closes the database and opens it again; what failed before may be found
  // written then. If that fails, it can be read at best until a later try.
  absl::Status Reopen() ABSL_LOCKS_EXCLUDED(database_mu_);
  void NoteFailure(const rocksdb::Status& status);

  const RocksDbStoreOptions options_;
  // Readers share it while they use the database, and it is held to open that
  // anew. Only the writing thread changes the pointer.
  mutable absl::Mutex database_mu_;
  std::unique_ptr<Database> database_;
  const DamageList damage_;
  DiskReserve reserve_;
  // Opening the database anew failed; at best it is open for reading.
  bool writable_ = true;
  // RocksDB's number of the last change that was synced since opening.
  uint64_t synced_ = 0;
  // A write failed, so the database has to be opened anew.
  bool stopped_ = false;
};

}  // namespace sluice

#endif  // STORAGE_KV_ROCKSDB_STORE_H_
