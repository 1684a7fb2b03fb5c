#include "storage/kv/rocksdb_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "rocksdb/convenience.h"
#include "rocksdb/write_batch.h"
#include "storage/base/status_macros.h"
#include "storage/kv/damaged_scan.h"
#include "storage/kv/env_files.h"
#include "storage/kv/rocksdb_database.h"
#include "storage/kv/rocksdb_status.h"
#include "storage/kv/write_log_repair.h"

namespace sluice {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) {
  return rocksdb::Slice(bytes.data(), bytes.size());
}
std::string_view FromSlice(const rocksdb::Slice& slice) {
  return std::string_view(slice.data(), slice.size());
}

// Whether `changes` makes the log longer, other than by what is known of it.
bool BringsEvents(const WriteSet& changes) {
  return std::any_of(changes.changes().begin(), changes.changes().end(),
                     [](const WriteSet::Change& change) {
                       return change.kind == WriteSet::Kind::kPut &&
                              change.table == Table::kEvents;
                     });
}

rocksdb::Env* EnvOf(const RocksDbStoreOptions& options) {
  return options.env != nullptr ? options.env : rocksdb::Env::Default();
}

}  // namespace

class RocksDbStore::Database : public RocksDbDatabase {
 public:
  explicit Database(RocksDbDatabase&& database)
      : RocksDbDatabase(std::move(database)) {}

  // What generation() adds: those of earlier openings.
  uint64_t generations = 0;

  // Whether it is open; only after a failed opening it is not.
  absl::Status CheckOpen() const {
    if (db != nullptr) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("log \"", path, "\" could not be opened anew yet"));
  }

  absl::Status Translate(const rocksdb::Status& status,
                         std::string_view verb) const {
    if (status.ok()) return absl::OkStatus();
    return TranslateRocksDbStatus(
        status, absl::StrCat(std::string(verb), " log \"", path, "\""));
  }

  // The table files of `table`, as far as they are known to the database.
  std::vector<ScannedFile> FilesOf(Table table) const {
    std::vector<rocksdb::LiveFileMetaData> live;
    db->GetLiveFilesMetaData(&live);
    std::vector<ScannedFile> files;
    for (const rocksdb::LiveFileMetaData& file : live) {
      if (file.column_family_name != family(table)->GetName()) continue;
      files.push_back({path + file.name, file.smallestkey, file.largestkey});
    }
    return files;
  }

  // The greatest last key of a table file in [floor, end).
  std::optional<std::string> LastListedKey(Table table, std::string_view floor,
                                           std::string_view end) const {
    std::optional<std::string> last;
    for (const ScannedFile& file : FilesOf(table)) {
      if (file.last_key >= floor && file.last_key < end) {
        last = std::max(last, std::optional(file.last_key));
      }
    }
    return last;
  }

  rocksdb::Status AddTo(const WriteSet::Change& change,
                        rocksdb::WriteBatch& batch) const {
    auto* const handle = family(change.table);
    switch (change.kind) {
      case WriteSet::Kind::kPut:
        return batch.Put(handle, change.key, ToSlice(change.value));
      case WriteSet::Kind::kDelete:
        return batch.Delete(handle, change.key);
      case WriteSet::Kind::kDeleteOnce:
        return batch.SingleDelete(handle, change.key);
      case WriteSet::Kind::kDeleteRange:
        return batch.DeleteRange(handle, change.key, change.end);
    }
    return rocksdb::Status::NotSupported("unknown kind of change");
  }
};

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(
    const std::string& path, const RocksDbStoreOptions& options) {
  DamageList damage;
  SLUICE_ASSIGN_OR_RETURN(auto database,
                          OpenRocksDbDatabase(path, options, &damage));
  for (const Damage& found : damage) LOG(ERROR) << found;
  std::unique_ptr<RocksDbStore> store(
      new RocksDbStore(std::make_unique<Database>(std::move(*database)),
                       options, std::move(damage)));
  // On a disk that is full already, the first write of events tries again.
  if (!options.read_only) store->reserve_.Take();
  return store;
}

absl::StatusOr<DamageList> RocksDbStore::CheckFiles(
    const std::string& path, const RocksDbStoreOptions& options) {
  return CheckRocksDbFiles(path, options);
}

RocksDbStore::RocksDbStore(std::unique_ptr<Database> database,
                           const RocksDbStoreOptions& options,
                           DamageList damage)
    : options_(options),
      database_(std::move(database)),
      damage_(std::move(damage)),
      reserve_(EnvOf(options), database_->path + "/reserve",
               options.reserve_bytes) {}

RocksDbStore::~RocksDbStore() = default;

absl::Status RocksDbStore::Recover(const WriteSet& changes) {
  if (database_->listener->TakeFailure()) stopped_ = true;
  if (stopped_) {
    absl::Status status = Reopen();
    if (!status.ok() && reserve_.taken()) {
      // What is in memory did not fit.
      reserve_.Release();
      status = Reopen();
    }
    SLUICE_RETURN_IF_ERROR(status);
    stopped_ = false;
  }
  if (reserve_.taken() || !BringsEvents(changes) || reserve_.Take()) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("writing to log \"", database_->path,
                   "\": the disk is full; only progress is written"));
}

void RocksDbStore::NoteFailure(const rocksdb::Status& status) {
  stopped_ = true;
  if (status.subcode() == rocksdb::Status::kNoSpace) reserve_.Release();
}

// DB::Resume() is not enough: it begins a new write-ahead log only if memory
// holds something for a file, and the one that failed must not be appended to
// any more (RocksDB refuses for ever, or aborts where asserts are compiled in,
// as Debian's are); some errors it never resumes from; and it may wait for ever
// when flushing fails again.
absl::Status RocksDbStore::Reopen() {
  absl::MutexLock lock(&database_mu_);
  const uint64_t generations = database_->generations + 1;
  LOG(WARNING) << "log \"" << database_->path
               << "\" is opened anew after an error of the disk";
  const std::string path = database_->path;
  // What RocksDB stumbled over in the background it would stumble over again.
  RocksDbStoreOptions options = options_;
  options.check_all |= database_->listener->damaged();
  // One process, and one instance in it, may have a database open.
  database_->Close();
  DamageList damage;
  auto opened = OpenRocksDbDatabase(path, options, &damage);
  for (const Damage& found : damage) LOG(ERROR) << found;
  const absl::Status status = opened.status();
  writable_ = status.ok();
  if (!writable_) {
    // Reading goes on if it can.
    RocksDbStoreOptions reading = options_;
    reading.read_only = true;
    opened = OpenRocksDbDatabase(path, reading, &damage);
    if (!opened.ok()) return status;
  }
  database_ = std::make_unique<Database>(std::move(**opened));
  database_->generations = generations + (uint64_t{1} << 32);
  return status;
}

absl::Status RocksDbStore::Write(const WriteSet& changes, bool sync) {
  if (options_.read_only) {
    return absl::FailedPreconditionError(
        absl::StrCat("log \"", database_->path, "\" is open for reading only"));
  }
  SLUICE_RETURN_IF_ERROR(Recover(changes));
  // A batch's own bytes per change are at most two varints and a tag.
  rocksdb::WriteBatch batch(changes.byte_size() +
                            16 * changes.changes().size() + 12 + 16);
  SLUICE_RETURN_IF_ERROR(database_->Translate(
      batch.PutLogData(SyncedMark(synced_)), "writing to"));
  for (const WriteSet::Change& change : changes.changes()) {
    SLUICE_RETURN_IF_ERROR(
        database_->Translate(database_->AddTo(change, batch), "writing to"));
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = database_->db->Write(options, &batch);
  if (!status.ok()) NoteFailure(status);
  if (status.ok() && sync) synced_ = database_->db->GetLatestSequenceNumber();
  return database_->Translate(status, "writing to");
}

absl::Status RocksDbStore::Sync() {
  if (options_.read_only) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(Recover(WriteSet()));
  const rocksdb::Status status = database_->db->SyncWAL();
  if (!status.ok()) NoteFailure(status);
  if (status.ok()) synced_ = database_->db->GetLatestSequenceNumber();
  return database_->Translate(status, "syncing");
}

absl::StatusOr<std::optional<std::string>> RocksDbStore::Get(
    Table table, std::string_view key) const {
  absl::ReaderMutexLock lock(&database_mu_);
  SLUICE_RETURN_IF_ERROR(database_->CheckOpen());
  std::string value;
  const rocksdb::Status status = database_->db->Get(
      rocksdb::ReadOptions(), database_->family(table), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  SLUICE_RETURN_IF_ERROR(database_->Translate(status, "reading"));
  return value;
}

absl::Status RocksDbStore::Scan(Table table, const ScanRange& range,
                                Visitor visit) const {
  absl::ReaderMutexLock lock(&database_mu_);
  SLUICE_RETURN_IF_ERROR(database_->CheckOpen());
  const rocksdb::Slice floor = ToSlice(range.floor);
  const rocksdb::Slice end = ToSlice(range.end);
  rocksdb::ReadOptions options;
  // Tight bounds: nothing deleted below or above is walked over.
  options.iterate_lower_bound = &floor;
  options.iterate_upper_bound = &end;
  // What is read here is read once; the cache is for indexes.
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> row(
      database_->db->NewIterator(options, database_->family(table)));
  if (range.floor < range.from) {
    row->SeekForPrev(ToSlice(range.from));
    if (!row->Valid() && row->status().ok()) row->Seek(ToSlice(range.from));
  } else {
    row->Seek(ToSlice(range.from));
  }
  for (; row->Valid(); row->Next()) {
    if (!visit(FromSlice(row->key()), FromSlice(row->value()))) break;
  }
  return database_->Translate(row->status(), "reading");
}

absl::Status RocksDbStore::ScanDamaged(Table table, const ScanRange& range,
                                       Visitor visit) const {
  absl::ReaderMutexLock lock(&database_mu_);
  SLUICE_RETURN_IF_ERROR(database_->CheckOpen());
  return database_->Translate(
      ScanDamagedFiles(
          EnvOf(options_), database_->FilesOf(table), range,
          table == Table::kEvents ? options_.find_record : RecordFinder(),
          visit,
          [this](const ScannedFile& file, uint64_t begin,
                 std::string_view bytes) { KeepDamaged(file, begin, bytes); }),
      "reading");
}

void RocksDbStore::KeepDamaged(const ScannedFile& file, uint64_t begin,
                               std::string_view bytes) const {
  if (options_.read_only) return;
  const std::string name =
      absl::StrCat(file.path.substr(file.path.rfind('/') + 1), ".", begin);
  const std::string kept = absl::StrCat(database_->path, "/quarantine/", name);
  if (EnvOf(options_)->FileExists(kept).ok()) return;
  LOG(ERROR) << bytes.size() << " bytes of \"" << file.path << "\" at " << begin
             << " are damaged; they are kept in \"" << kept << "\"";
  const rocksdb::Status status =
      WriteQuarantine(EnvOf(options_), database_->path, name, bytes);
  LOG_IF(ERROR, !status.ok()) << "they are not: " << status.ToString();
}

absl::StatusOr<std::optional<std::string>> RocksDbStore::LastKey(
    Table table, std::string_view floor, std::string_view end) const {
  absl::ReaderMutexLock lock(&database_mu_);
  SLUICE_RETURN_IF_ERROR(database_->CheckOpen());
  const rocksdb::Slice lower = ToSlice(floor);
  const rocksdb::Slice upper = ToSlice(end);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> row(
      database_->db->NewIterator(options, database_->family(table)));
  row->SeekToLast();
  std::optional<std::string> last;
  if (row->Valid()) last = row->key().ToString();
  rocksdb::Status status = row->status();
  const auto listed = database_->LastListedKey(table, floor, end);
  if (status.ok() && last < listed) {
    // Deleted, or hidden by damage.
    row->Seek(*listed);
    status = row->status();
  }
  if (status.IsCorruption()) return std::max(last, listed);
  SLUICE_RETURN_IF_ERROR(database_->Translate(status, "reading"));
  return last;
}

// Deletes files and leaves no mark in the others: a range tombstone would span
// old and new keys and force everything in between to be rewritten.
void RocksDbStore::DropBelow(Table table, std::string_view key) {
  if (!writable_ || options_.read_only) return;
  const rocksdb::Slice end = ToSlice(key);
  const rocksdb::Status status =
      rocksdb::DeleteFilesInRange(database_->db.get(), database_->family(table),
                                  nullptr, &end, /*include_end=*/false);
  if (!status.ok()) {
    LOG(WARNING) << database_->Translate(status, "freeing space in");
  }
}

uint64_t RocksDbStore::generation(Table table) const {
  return database_->generations + database_->listener->generation(table);
}

absl::Status RocksDbStore::KeepAside(std::string_view name,
                                     std::string_view bytes) const {
  if (options_.read_only) return absl::OkStatus();
  absl::ReaderMutexLock lock(&database_mu_);
  return database_->Translate(
      WriteQuarantine(EnvOf(options_), database_->path, name, bytes),
      "quarantining bytes of");
}

absl::Status RocksDbStore::FlushMemory() {
  const std::vector<rocksdb::ColumnFamilyHandle*> families(
      database_->families.begin(), database_->families.end());
  return database_->Translate(
      database_->db->Flush(rocksdb::FlushOptions(), families), "flushing");
}

}  // namespace sluice
