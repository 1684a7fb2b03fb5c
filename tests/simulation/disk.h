// A disk that forgets what was not synced, and a key-value store on it.
#ifndef TESTS_SIMULATION_DISK_H_
#define TESTS_SIMULATION_DISK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/base/clock.h"
#include "storage/kv/key_value_store.h"
#include "storage/kv/memory_store.h"
#include "storage/log/kv_event_log.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {

// What outlives the process. A write-ahead log as RocksDB's: writes are with
// the operating system at once and on the medium after a sync; a write that
// failed may still be in it.
class Disk {
 public:
  explicit Disk(SeededScheduler* scheduler) : scheduler_(scheduler) {}

  // The process ended (`power_loss` false), or the machine did: then what was
  // not synced is gone from some point on.
  void Crash(bool power_loss);

  // The tables as they are found at the next opening.
  std::unique_ptr<MemoryStore> Recover();

  absl::Status Write(const WriteSet& changes, bool sync);
  absl::Status Sync();
  // Whether what is in memory goes to files now.
  bool Flushes();

  // Part of the writes and syncs that fail.
  double error_rate = 0;
  int64_t errors() const { return errors_; }
  // Syncs take up to so long.
  absl::Duration sync_time = absl::Milliseconds(5);
  // The thread that is held up by them; null: none.
  SeededScheduler::SimExecutor* blocks = nullptr;

 private:
  struct Entry {
    std::shared_ptr<const WriteSet> changes;
    // Its write was reported as failed, so nobody counts on it.
    bool failed = false;
  };

  bool Fails();
  void Settle();

  SeededScheduler* const scheduler_;
  // What is on the medium.
  MemoryStore synced_;
  std::deque<Entry> unsynced_;
  int64_t errors_ = 0;
};

// The store of one process over the disk.
class DiskStore final : public KeyValueStore {
 public:
  explicit DiskStore(Disk* disk) : disk_(disk), tables_(disk->Recover()) {}

  // The process is dead: whatever it still does reaches nothing.
  void Disconnect() { disk_ = nullptr; }

  absl::Status Write(const WriteSet& changes, bool sync) override;
  absl::Status Sync() override;
  absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const override {
    return tables_->Get(table, key);
  }
  absl::Status Scan(Table table, const ScanRange& range,
                    Visitor visit) const override {
    return tables_->Scan(table, range, visit);
  }
  absl::Status ScanDamaged(Table table, const ScanRange& range,
                           Visitor visit) const override {
    return tables_->ScanDamaged(table, range, visit);
  }
  absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor,
      std::string_view end) const override {
    return tables_->LastKey(table, floor, end);
  }
  void DropBelow(Table, std::string_view) override {}
  uint64_t generation(Table) const override { return generation_; }

 private:
  Disk* disk_;
  const std::unique_ptr<MemoryStore> tables_;
  uint64_t generation_ = 0;
};

// The real log over it.
class SimEventLog final : public KvEventLog {
 public:
  // `store` is owned by the log.
  SimEventLog(DiskStore* store, const LogOptions& options, Clock* clock);
  absl::Status Open();
};

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_DISK_H_
