#include "tests/simulation/disk.h"

#include <utility>

#include "glog/logging.h"
#include "storage/kv/damage.h"

namespace sluice::simulation {
namespace {

// A copy that owns its values.
std::shared_ptr<const WriteSet> CopyOf(const WriteSet& changes) {
  auto copy = std::make_shared<WriteSet>();
  for (const WriteSet::Change& change : changes.changes()) {
    switch (change.kind) {
      case WriteSet::Kind::kPut:
        copy->Put(change.table, change.key, std::string(change.value));
        break;
      case WriteSet::Kind::kDelete:
        copy->Delete(change.table, change.key);
        break;
      case WriteSet::Kind::kDeleteOnce:
        copy->DeleteOnce(change.table, change.key);
        break;
      case WriteSet::Kind::kDeleteRange:
        copy->DeleteRange(change.table, change.key, change.end);
        break;
    }
  }
  return copy;
}

}  // namespace

bool Disk::Flushes() { return scheduler_->Chance(0.02); }

bool Disk::Fails() {
  if (!scheduler_->Chance(error_rate)) return false;
  ++errors_;
  return true;
}

void Disk::Settle() {
  for (const Entry& entry : unsynced_) {
    // Whether a failed write is in the write-ahead log shows only at recovery;
    // by then later writes have overwritten its traces.
    if (entry.failed && scheduler_->Chance(0.5)) continue;
    CHECK(synced_.Write(*entry.changes, false).ok());
  }
  unsynced_.clear();
}

absl::Status Disk::Write(const WriteSet& changes, bool sync) {
  const bool fails = Fails();
  unsynced_.push_back({CopyOf(changes), fails});
  if (fails) return absl::UnavailableError("simulated: the disk refused");
  if (!sync) return absl::OkStatus();
  const absl::Status status = Sync();
  // The write is reported as failed together with its sync.
  if (!status.ok()) unsynced_.back().failed = true;
  return status;
}

absl::Status Disk::Sync() {
  if (blocks != nullptr) {
    blocks->Block(scheduler_->Between(absl::ZeroDuration(), sync_time));
  }
  if (Fails()) return absl::UnavailableError("simulated: the sync failed");
  Settle();
  return absl::OkStatus();
}

void Disk::Crash(bool power_loss) {
  if (power_loss) {
    unsynced_.resize(scheduler_->Below(unsynced_.size() + 1));
  }
  Settle();
}

std::unique_ptr<MemoryStore> Disk::Recover() {
  Settle();
  auto tables = std::make_unique<MemoryStore>();
  constexpr Table kTables[] = {Table::kMeta, Table::kCursors, Table::kEvents,
                               Table::kDedupe, Table::kDeadLetters};
  static_assert(std::size(kTables) == kTableCount);
  for (const Table table : kTables) {
    WriteSet copy;
    const auto status =
        synced_.Scan(table, ScanRange::Between("", std::string(32, '\xff')),
                     [&](std::string_view key, std::string_view value) {
                       copy.Put(table, std::string(key), std::string(value));
                       return true;
                     });
    CHECK(status.ok()) << status;
    CHECK(tables->Write(copy, false).ok());
  }
  return tables;
}

absl::Status DiskStore::Write(const WriteSet& changes, bool sync) {
  if (disk_ == nullptr) return absl::UnavailableError("the process is dead");
  if (disk_->Flushes()) ++generation_;
  const absl::Status status = disk_->Write(changes, sync);
  return status.ok() ? tables_->Write(changes, sync) : status;
}

absl::Status DiskStore::Sync() {
  if (disk_ == nullptr) return absl::UnavailableError("the process is dead");
  return disk_->Sync();
}

SimEventLog::SimEventLog(DiskStore* store, const LogOptions& options,
                         Clock* clock)
    : KvEventLog(std::unique_ptr<KeyValueStore>(store), options,
                 format::Codec::kNone, clock, nullptr) {}

absl::Status SimEventLog::Open() {
  DamageList damage;
  const absl::Status status = Load(&damage);
  CHECK(damage.empty()) << damage.front();
  return status;
}

}  // namespace sluice::simulation
