#include "storage/kv/rocksdb_database.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"
#include "storage/base/status_macros.h"
#include "storage/kv/database_check.h"
#include "storage/kv/database_exchange.h"
#include "storage/kv/database_salvage.h"
#include "storage/kv/env_files.h"
#include "storage/kv/rocksdb_status.h"
#include "storage/kv/write_log_repair.h"

namespace sluice {
namespace {

// Names of the column families, in the order of Table. They are part of the
// format.
const std::array<std::string, kTableCount>& FamilyNames() {
  static const auto* const names = new std::array<std::string, kTableCount>{
      rocksdb::kDefaultColumnFamilyName, "cursors", "events", "dedupe",
      "dead_letters"};
  return *names;
}

const std::string& FamilyName(Table table) {
  return FamilyNames()[static_cast<size_t>(table)];
}

// Memory of the tables that hold little.
constexpr size_t kSmallMemtableBytes = size_t{4} << 20;
constexpr size_t kOwnBlockCacheBytes = size_t{16} << 20;

// How often to try to open a database that somebody else changes meanwhile.
constexpr int kReadOnlyTries = 10;

rocksdb::BlockBasedTableOptions TableOptions(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Indexes count against the cache, or a long backlog would grow without
  // bound.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Fast without the CRC instruction, which Debian's build does not use.
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  return table;
}

// For keys that only ever ascend: events and ids to dedupe. A file goes to the
// next level by renaming, because it overlaps none, and never further: bytes
// are written once to the write-ahead log and at most once to a file.
void TuneForAppending(rocksdb::ColumnFamilyOptions& family) {
  family.compaction_style = rocksdb::kCompactionStyleLevel;
  family.level0_file_num_compaction_trigger = 1;
  family.max_bytes_for_level_base = uint64_t{1} << 50;
}

rocksdb::ColumnFamilyOptions FamilyOptions(
    Table table, size_t memtable_bytes,
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(TableOptions(cache)));
  family.write_buffer_size = std::min(memtable_bytes, kSmallMemtableBytes);
  family.max_write_buffer_number = 3;
  family.compression = rocksdb::kLZ4Compression;
  switch (table) {
    case Table::kEvents:
      // The records are packed already, before they reach the write-ahead log.
      family.compression = rocksdb::kNoCompression;
      family.write_buffer_size = memtable_bytes;
      family.target_file_size_base = memtable_bytes;
      TuneForAppending(family);
      break;
    case Table::kDedupe:
      family.compression = rocksdb::kNoCompression;  // Hashes.
      TuneForAppending(family);
      break;
    default:
      break;
  }
  return family;
}

rocksdb::DBOptions DatabaseOptions(const RocksDbStoreOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = !options.read_only;
  db.create_missing_column_families = !options.read_only;
  // A record torn by power loss ends the log there; everything synced is before
  // it.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // All tables share the write-ahead log. This makes the small ones give up
  // their part in it, or a file of the log could stay for ever.
  db.max_total_wal_size = 2 * options.memtable_bytes;
  db.write_buffer_manager = options.resources.write_buffers;
  // One thread writes.
  db.allow_concurrent_memtable_write = false;
  db.max_background_jobs = 2;
  db.max_bgerror_resume_count = 0;  // See DatabaseListener.
  // Reading only, all files are opened at once: whoever writes may delete them
  // meanwhile.
  db.max_open_files = options.read_only ? -1 : 256;
  // More are made anew for every table, however few files it has, which takes
  // longer than opening those.
  db.max_file_opening_threads = 1;
  db.keep_log_file_num = 2;
  db.max_log_file_size = size_t{1} << 20;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Families(
    const RocksDbStoreOptions& options) {
  std::shared_ptr<rocksdb::Cache> cache = options.resources.block_cache;
  if (cache == nullptr) cache = rocksdb::NewLRUCache(kOwnBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < kTableCount; ++i) {
    families.emplace_back(
        FamilyNames()[i],
        FamilyOptions(static_cast<Table>(i), options.memtable_bytes, cache));
  }
  return families;
}

rocksdb::Status OpenOnce(const rocksdb::DBOptions& db_options,
                         const RocksDbStoreOptions& options,
                         RocksDbDatabase* database) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto families = Families(options);
  database->env = std::make_unique<TableGuardEnv>(db_options.env);
  rocksdb::DBOptions guarded = db_options;
  guarded.env = database->env.get();
  const rocksdb::Status status =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(guarded, database->path, families,
                                         &handles, &db)
          : rocksdb::DB::Open(guarded, database->path, families, &handles, &db);
  if (!status.ok()) return status;
  database->db.reset(db);
  std::copy(handles.begin(), handles.end(), database->families.begin());
  return status;
}

// Damaged bytes, or a file that the index names and that is not there.
bool IsDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsNotFound() ||
         (status.IsIOError() &&
          status.subcode() == rocksdb::Status::kPathNotFound);
}

absl::Status PrepareFolder(rocksdb::Env* env, const std::string& path,
                           bool read_only) {
  if (read_only) {
    bool is_folder = false;
    if (env->IsDirectory(path, &is_folder).ok() && is_folder) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("data directory \"", path, "\" is not there"));
  }
  const rocksdb::Status made = MakeFolders(env, path);
  if (!made.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data directory \"", path, "\" cannot be made: ", made.ToString()));
  }
  if (env == rocksdb::Env::Default() &&
      access(path.c_str(), W_OK | X_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data directory \"", path, "\" is not writable for this user"));
  }
  return absl::OkStatus();
}

// Flushes what `database` holds, so that it needs no write-ahead log.
rocksdb::Status FlushAll(const RocksDbDatabase& database) {
  return database.db->Flush(
      rocksdb::FlushOptions(),
      std::vector<rocksdb::ColumnFamilyHandle*>(database.families.begin(),
                                                database.families.end()));
}

// Whether the disk has room for all that the database in `path` holds once
// more; gives up the reserve for that.
rocksdb::Status MakeRoomForCopy(rocksdb::Env* env, const std::string& path) {
  std::vector<rocksdb::Env::FileAttributes> files;
  rocksdb::Status status = env->GetChildrenFileAttributes(path, &files);
  if (!status.ok()) return status;
  uint64_t needed = 0;
  for (const auto& file : files) {
    if (absl::EndsWith(file.name, ".sst") ||
        absl::EndsWith(file.name, ".log")) {
      needed += file.size_bytes;
    }
  }
  uint64_t free = 0;
  if (!env->GetFreeSpace(path, &free).ok() || free >= needed) return status;
  env->DeleteFile(path + "/reserve").PermitUncheckedError();
  if (env->GetFreeSpace(path, &free).ok() && free < needed) {
    return rocksdb::Status::NoSpace(absl::StrCat(
        "it is damaged and has to be copied to be repaired, which takes ",
        needed, " bytes, and ", free, " are free"));
  }
  return status;
}

// Puts all that the files of the database hold into a new one, in its place.
rocksdb::Status Rebuild(const rocksdb::DBOptions& db_options,
                        const RocksDbStoreOptions& options,
                        const std::string& path, DamageList* damage) {
  rocksdb::Status status = MakeRoomForCopy(db_options.env, path);
  if (!status.ok()) return status;
  RocksDbDatabase made;
  made.path = ReplacementFolder(path);
  rocksdb::DBOptions quiet = db_options;
  quiet.listeners.clear();
  status = OpenOnce(quiet, options, &made);
  if (!status.ok()) return status;
  SalvageTarget target;
  target.db = made.db.get();
  for (size_t i = 0; i < kTableCount; ++i) {
    target.families[FamilyNames()[i]] = made.families[i];
  }
  target.record_family = FamilyName(Table::kEvents);
  target.find_record = options.find_record;
  status = SalvageDatabase(db_options.env, path, target, damage);
  if (status.ok()) status = FlushAll(made);
  made.Close();
  if (!status.ok()) {
    FinishExchange(db_options.env, path).PermitUncheckedError();
    return status;
  }
  status = ExchangeDatabase(db_options.env, path);
  if (status.ok()) {
    damage->push_back({absl::StrCat(
        "log \"", path, "\" was built anew from all that its files hold")});
  }
  return status;
}

ExpectedFamilies Expected(const RocksDbStoreOptions& options) {
  ExpectedFamilies expected;
  expected.names.assign(FamilyNames().begin(), FamilyNames().end());
  expected.accounted = FamilyName(Table::kEvents);
  if (!options.check_all) expected.lazy = expected.accounted;
  return expected;
}

// Puts right what loss of power or damage did to the files, before RocksDB
// opens them. REQUIRES: the database is locked.
rocksdb::Status RepairFiles(const rocksdb::DBOptions& db_options,
                            const RocksDbStoreOptions& options,
                            const std::string& path, DamageList* damage) {
  rocksdb::Env* env = db_options.env;
  rocksdb::Status status = FinishExchange(env, path);
  const ExpectedFamilies expected = Expected(options);
  if (status.ok()) {
    status = RepairWriteLogs(env, path, expected.names, damage);
  }
  if (status.ok()) status = RestoreCurrent(env, path, damage);
  DamageList findings;
  if (status.ok()) {
    status = CheckDatabaseFiles(env, path, expected, &findings);
  }
  if (!status.ok() || findings.empty()) return status;
  damage->insert(damage->end(), findings.begin(), findings.end());
  return Rebuild(db_options, options, path, damage);
}

std::vector<std::string> WriteLogs(rocksdb::Env* env, const std::string& path) {
  std::vector<std::string> names;
  env->GetChildren(path, &names).PermitUncheckedError();
  std::erase_if(names, [](const std::string& name) {
    return !absl::EndsWith(name, ".log");
  });
  std::sort(names.begin(), names.end());
  return names;
}

// Opens for reading a database that somebody may be writing. RocksDB reads the
// list of table files first and the write-ahead log then; a part of that which
// went in between is in table files that the list did not have yet, and would
// seem to be lost.
rocksdb::Status OpenReadOnly(const rocksdb::DBOptions& db_options,
                             const RocksDbStoreOptions& options,
                             RocksDbDatabase* database) {
  rocksdb::Status status;
  for (int i = 0; i < kReadOnlyTries; ++i) {
    const std::vector<std::string> before =
        WriteLogs(db_options.env, database->path);
    status = OpenOnce(db_options, options, database);
    // A file that goes while it is opened is no damage if the next try does not
    // miss it.
    if (IsDamage(status)) continue;
    if (!status.ok()) return status;
    const std::vector<std::string> after =
        WriteLogs(db_options.env, database->path);
    if (std::includes(after.begin(), after.end(), before.begin(),
                      before.end())) {
      return status;
    }
    database->Close();
    status = rocksdb::Status::TryAgain("it is being written too fast");
  }
  return status;
}

// Calls `repair` while nobody else can open the database in `path`.
rocksdb::Status WhileLocked(rocksdb::Env* env, const std::string& path,
                            absl::FunctionRef<rocksdb::Status()> repair) {
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::Status status = env->LockFile(path + "/LOCK", &lock);
  if (!status.ok()) return status;
  rocksdb::Status repaired = repair();
  env->UnlockFile(lock).PermitUncheckedError();
  return repaired;
}

}  // namespace

void DatabaseListener::OnMemTableSealed(const rocksdb::MemTableInfo& info) {
  for (size_t i = 0; i < kTableCount; ++i) {
    if (info.cf_name == FamilyNames()[i]) {
      sealed_[i].fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void RocksDbDatabase::Close() {
  if (db == nullptr) return;
  for (auto* handle : families) db->DestroyColumnFamilyHandle(handle);
  const rocksdb::Status status = db->Close();
  if (!status.ok()) {
    LOG(WARNING) << "closing log \"" << path << "\": " << status.ToString();
  }
  db.reset();
}

absl::StatusOr<std::unique_ptr<RocksDbDatabase>> OpenRocksDbDatabase(
    const std::string& path, const RocksDbStoreOptions& options,
    DamageList* damage) {
  rocksdb::DBOptions db_options = DatabaseOptions(options);
  SLUICE_RETURN_IF_ERROR(
      PrepareFolder(db_options.env, path, options.read_only));
  auto database = std::make_unique<RocksDbDatabase>();
  database->path = path;
  database->listener = std::make_shared<DatabaseListener>();
  db_options.listeners.push_back(database->listener);

  rocksdb::Status status;
  if (options.read_only) {
    status = OpenReadOnly(db_options, options, database.get());
  } else {
    status = WhileLocked(db_options.env, path, [&] {
      return RepairFiles(db_options, options, path, damage);
    });
    if (status.ok()) status = OpenOnce(db_options, options, database.get());
  }
  if (!options.read_only && IsDamage(status)) {
    damage->push_back(
        {absl::StrCat("log \"", path, "\" is damaged: ", status.ToString())});
    status = WhileLocked(db_options.env, path, [&] {
      return Rebuild(db_options, options, path, damage);
    });
    if (status.ok()) status = OpenOnce(db_options, options, database.get());
  }
  if (IsLockHeld(status)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data directory \"", path, "\" is used by another process"));
  }
  SLUICE_RETURN_IF_ERROR(TranslateRocksDbStatus(
      status, absl::StrCat("opening log \"", path, "\"")));
  return database;
}

absl::StatusOr<DamageList> CheckRocksDbFiles(
    const std::string& path, const RocksDbStoreOptions& options) {
  rocksdb::Env* env =
      options.env != nullptr ? options.env : rocksdb::Env::Default();
  DamageList findings;
  if (IsExchangePending(env, path)) {
    findings.push_back({"a repair was interrupted"});
    return findings;
  }
  const ExpectedFamilies expected = Expected(options);
  rocksdb::Status status = CheckWriteLogs(env, path, expected.names, &findings);
  if (status.ok()) {
    status = CheckDatabaseFiles(env, path, expected, &findings);
  }
  if (status.ok()) return findings;
  return absl::UnavailableError(
      absl::StrCat("checking log \"", path, "\": ", status.ToString()));
}

RocksDbResources RocksDbResources::Make(size_t bytes) {
  RocksDbResources resources;
  resources.block_cache = rocksdb::NewLRUCache(bytes / 8);
  resources.write_buffers =
      std::make_shared<rocksdb::WriteBufferManager>(bytes - bytes / 8);
  return resources;
}

size_t RocksDbResources::used_bytes() const {
  return block_cache->GetUsage() + write_buffers->memory_usage();
}

}  // namespace sluice
