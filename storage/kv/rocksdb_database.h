// An open RocksDB database with its column families: options, opening, repair.
#ifndef STORAGE_KV_ROCKSDB_DATABASE_H_
#define STORAGE_KV_ROCKSDB_DATABASE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"
#include "storage/kv/damage.h"
#include "storage/kv/key_value_store.h"
#include "storage/kv/rocksdb_store.h"
#include "storage/kv/table_guard_env.h"

namespace sluice {

// Counts how often each table's memory was sealed to become a file, keeps
// RocksDB from going on by itself after an error, and remembers that there was
// one.
class DatabaseListener final : public rocksdb::EventListener {
 public:
  void OnMemTableSealed(const rocksdb::MemTableInfo& info) override;
  // RocksDB would look for room every five seconds and be busy meanwhile; the
  // next write resumes it instead.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason,
                            rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason,
                         rocksdb::Status* error) override {
    if (error->IsCorruption()) damaged_.store(true, std::memory_order_relaxed);
    failed_.store(true, std::memory_order_relaxed);
  }
  // Whether anything failed since this was last asked.
  bool TakeFailure() {
    return failed_.exchange(false, std::memory_order_relaxed);
  }
  // Whether anything failed because bytes on disk were damaged.
  bool damaged() const { return damaged_.load(std::memory_order_relaxed); }
  uint64_t generation(Table table) const {
    return sealed_[static_cast<size_t>(table)].load(std::memory_order_relaxed);
  }

 private:
  // Sealed by the writing thread, which is also the one that asks.
  std::array<std::atomic<uint64_t>, kTableCount> sealed_{};
  std::atomic<bool> failed_{false};
  std::atomic<bool> damaged_{false};
};

struct RocksDbDatabase {
  std::string path;
  std::unique_ptr<TableGuardEnv> env;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kTableCount> families{};
  std::shared_ptr<DatabaseListener> listener;

  RocksDbDatabase() = default;
  RocksDbDatabase(RocksDbDatabase&&) = default;
  ~RocksDbDatabase() { Close(); }
  // Leaves `db` null.
  void Close();

  rocksdb::ColumnFamilyHandle* family(Table table) const {
    return families[static_cast<size_t>(table)];
  }
};

// As RocksDbStore::Open(); appends to `damage` what had to be repaired.
absl::StatusOr<std::unique_ptr<RocksDbDatabase>> OpenRocksDbDatabase(
    const std::string& path, const RocksDbStoreOptions& options,
    DamageList* damage);

// As RocksDbStore::CheckFiles().
absl::StatusOr<DamageList> CheckRocksDbFiles(
    const std::string& path, const RocksDbStoreOptions& options);

}  // namespace sluice

#endif  // STORAGE_KV_ROCKSDB_DATABASE_H_
