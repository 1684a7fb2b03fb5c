#include "storage/log/rocksdb_event_log.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/status_macros.h"
#include "storage/format/keys.h"
#include "storage/format/record.h"

namespace sluice {
namespace {

// What the disk reserve holds beyond a full memtable.
constexpr uint64_t kReserveBytes = uint64_t{1} << 20;
constexpr uint64_t kMinMemtableBytes = uint64_t{1} << 20;
// RocksDB keeps two memtables of events in its write-ahead log, and begins a
// third.
constexpr uint64_t kMemtables = 3;

// A small log must not have a write-ahead log many times its size, which goes
// with the memtable.
size_t MemtableBytes(const RocksDbLogOptions& options) {
  return std::min<uint64_t>(
      options.memtable_bytes,
      std::max(kMinMemtableBytes, options.log.max_bytes / 4));
}

// The events are lost either way, so a disk that refuses is only reported.
void KeepDamagedRecord(const RocksDbStore& store, Sequence sequence,
                       std::string_view record) {
  const absl::Status status =
      store.KeepAside(absl::StrCat(sequence, ".record"), record);
  LOG_IF(ERROR, !status.ok()) << "a damaged record is not kept: " << status;
}

std::optional<FoundRecord> FindRecord(std::string_view bytes) {
  const size_t size = format::FindRecord(bytes);
  if (size == 0) return std::nullopt;
  const auto header = format::ParseRecordHeader(bytes.substr(0, size));
  if (!header.ok()) return std::nullopt;
  return FoundRecord{format::NumberKey(header->first_sequence), size};
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbEventLog>> RocksDbEventLog::Open(
    const std::string& path, const RocksDbLogOptions& options, Clock* clock) {
  RocksDbStoreOptions store_options;
  store_options.memtable_bytes = MemtableBytes(options);
  if (!options.read_only) {
    store_options.reserve_bytes = store_options.memtable_bytes + kReserveBytes;
  }
  store_options.read_only = options.read_only;
  store_options.check_all = options.check_all;
  store_options.resources = options.resources;
  store_options.env = options.env;
  store_options.find_record = &FindRecord;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbStore> store,
                          RocksDbStore::Open(path, store_options));
  DamageList damage = store->damage();
  std::unique_ptr<RocksDbEventLog> log(
      new RocksDbEventLog(std::move(store), options.log, clock));
  const absl::Status status =
      log->Load(&damage, {options.read_only, options.check_all,
                          kMemtables * store_options.memtable_bytes});
  log->damage_ = std::move(damage);
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("opening log \"", path,
                                     "\": ", std::string(status.message())));
  }
  return log;
}

RocksDbEventLog::RocksDbEventLog(std::unique_ptr<RocksDbStore> store,
                                 const LogOptions& options, Clock* clock)
    : RocksDbEventLog(store.get(), std::move(store), options, clock) {}

RocksDbEventLog::RocksDbEventLog(const RocksDbStore* disk,
                                 std::unique_ptr<RocksDbStore>&& store,
                                 const LogOptions& options, Clock* clock)
    : KvEventLog(std::move(store), options, format::Codec::kLz4, clock,
                 [disk](Sequence sequence, std::string_view record) {
                   KeepDamagedRecord(*disk, sequence, record);
                 }),
      tables_(*disk) {}

}  // namespace sluice
