#include "storage/kv/database_salvage.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/write_batch.h"
#include "storage/kv/database_check.h"
#include "storage/kv/env_files.h"
#include "storage/kv/manifest_file.h"
#include "storage/kv/table_file.h"
#include "storage/kv/write_log_file.h"

namespace sluice {
namespace {

// Written at a time.
constexpr size_t kBatchBytes = size_t{4} << 20;

// Makes changes in `target`, in the order they come.
class Replay final : public rocksdb::WriteBatch::Handler {
 public:
  explicit Replay(const SalvageTarget& target) : target_(target) {}

  using Family = rocksdb::ColumnFamilyHandle;
  // Which column family a number stands for in write batches.
  void SetNumber(uint32_t number, Family* family) { numbers_[number] = family; }

  rocksdb::Status Add(Family* family, TableEntry::Kind kind,
                      const rocksdb::Slice& key, const rocksdb::Slice& value) {
    rocksdb::Status status;
    switch (kind) {
      case TableEntry::Kind::kPut:
        status = batch_.Put(family, key, value);
        break;
      // The same key may be put twice, from a table file and from the
      // write-ahead log, which one deletion of the other kind does not delete.
      case TableEntry::Kind::kDelete:
      case TableEntry::Kind::kDeleteOnce:
        status = batch_.Delete(family, key);
        break;
      case TableEntry::Kind::kDeleteRange:
        status = batch_.DeleteRange(family, key, value);
        break;
    }
    if (!status.ok() || batch_.GetDataSize() < kBatchBytes) return status;
    return Write();
  }

  rocksdb::Status Write() {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    const rocksdb::Status status = target_.db->Write(options, &batch_);
    batch_.Clear();
    return status;
  }

  // ---- rocksdb::WriteBatch::Handler ----

  rocksdb::Status PutCF(uint32_t number, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return AddNumbered(number, TableEntry::Kind::kPut, key, value);
  }
  rocksdb::Status DeleteCF(uint32_t number,
                           const rocksdb::Slice& key) override {
    return AddNumbered(number, TableEntry::Kind::kDelete, key, {});
  }
  rocksdb::Status SingleDeleteCF(uint32_t number,
                                 const rocksdb::Slice& key) override {
    return AddNumbered(number, TableEntry::Kind::kDelete, key, {});
  }
  rocksdb::Status DeleteRangeCF(uint32_t number, const rocksdb::Slice& begin,
                                const rocksdb::Slice& end) override {
    return AddNumbered(number, TableEntry::Kind::kDeleteRange, begin, end);
  }
  void LogData(const rocksdb::Slice&) override {}

 private:
  rocksdb::Status AddNumbered(uint32_t number, TableEntry::Kind kind,
                              const rocksdb::Slice& key,
                              const rocksdb::Slice& value) {
    const auto family = numbers_.find(number);
    if (family == numbers_.end()) return rocksdb::Status::OK();
    return Add(family->second, kind, key, value);
  }

  const SalvageTarget& target_;
  std::map<uint32_t, Family*> numbers_;
  rocksdb::WriteBatch batch_;
};

// An entry of a table file, kept beyond the reading of its block.
struct KeptEntry {
  uint64_t change = 0;
  TableEntry::Kind kind = TableEntry::Kind::kPut;
  std::string key;
  std::string value;
};

class Salvage {
 public:
  Salvage(rocksdb::Env* env, const std::string& path,
          const SalvageTarget& target, DamageList* damage)
      : env_(*env),
        path_(path),
        target_(target),
        damage_(*damage),
        replay_(target) {
    for (const auto& [name, family] : target.families) {
      families_.push_back(name);
    }
  }

  rocksdb::Status Run() {
    rocksdb::Status status = env_.GetChildren(path_, &names_);
    std::sort(names_.begin(), names_.end());
    if (status.ok()) status = ReadManifest(&env_, path_, &manifest_);
    if (status.ok()) status = FindTables();
    // The order in which they were made: later ones hold later changes.
    std::sort(tables_.begin(), tables_.end(),
              [](const Table& a, const Table& b) {
                return std::pair(a.last_change, a.name) <
                       std::pair(b.last_change, b.name);
              });
    for (const Table& table : tables_) {
      if (status.ok()) status = ReplayTable(table);
    }
    if (status.ok()) status = ReplayWriteLogs();
    if (status.ok()) status = replay_.Write();
    return status;
  }

 private:
  struct Table {
    std::string name;
    std::string family;
    uint64_t last_change = 0;
  };

  rocksdb::Status Read(const std::string& name, std::string* bytes) {
    return rocksdb::ReadFileToString(&env_, absl::StrCat(path_, "/", name),
                                     bytes);
  }

  rocksdb::Status FindTables() {
    for (const std::string& name : names_) {
      const auto number = NumberOf(name, ".sst");
      if (!number.has_value()) continue;
      if (manifest_.has_value() && manifest_->IsObsolete(*number, families_)) {
        continue;
      }
      if (AddListed(name, *number)) continue;
      Table table{name, "", 0};
      std::string bytes;
      const rocksdb::Status status = Read(name, &bytes);
      if (!status.ok()) return status;
      const TableFile content =
          ReadTableFile(bytes, nullptr, [&](const TableEntry& entry) {
            table.last_change = std::max(table.last_change, entry.change);
          });
      table.family = content.family;
      tables_.push_back(std::move(table));
    }
    return rocksdb::Status::OK();
  }

  // What the MANIFEST says of a table file; false: nothing.
  bool AddListed(const std::string& name, uint64_t number) {
    if (!manifest_.has_value()) return false;
    const auto table = manifest_->tables.find(number);
    if (table == manifest_->tables.end()) return false;
    const std::string& family = manifest_->FamilyName(table->second.family);
    if (family.empty()) return false;
    tables_.push_back({name, family, table->second.last_change});
    return true;
  }

  rocksdb::Status ReplayTable(const Table& table) {
    std::string bytes;
    rocksdb::Status status = Read(table.name, &bytes);
    if (!status.ok()) return status;
    const auto family = target_.families.find(table.family);
    if (family == target_.families.end()) {
      return Quarantine(table.name, bytes, {0, bytes.size()},
                        "cannot be told to be of any table, and are lost",
                        Damage::Loss::kOther);
    }
    RecordFinder finder;
    if (table.family == target_.record_family) finder = target_.find_record;
    std::vector<KeptEntry> entries;
    const TableFile content =
        ReadTableFile(bytes, finder, [&entries](const TableEntry& entry) {
          entries.push_back({entry.change, entry.kind, std::string(entry.key),
                             std::string(entry.value)});
        });
    for (const ByteRange& range : content.damaged) {
      status = Quarantine(table.name, bytes, range,
                          "hold nothing that is whole", Damage::Loss::kNone);
      if (!status.ok()) return status;
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const KeptEntry& a, const KeptEntry& b) {
                       return a.change < b.change;
                     });
    for (const KeptEntry& entry : entries) {
      status = replay_.Add(family->second, entry.kind, entry.key, entry.value);
      if (!status.ok()) return status;
    }
    return status;
  }

  rocksdb::Status Quarantine(const std::string& name, std::string_view bytes,
                             const ByteRange& range, std::string_view why,
                             Damage::Loss loss) {
    const auto [begin, end] = range;
    const std::string kept = absl::StrCat(name, ".", begin);
    damage_.push_back({absl::StrCat(end - begin, " bytes of table file ", name,
                                    " at ", begin, " ", std::string(why)),
                       loss, absl::StrCat(path_, "/quarantine/", kept)});
    return WriteQuarantine(&env_, path_, kept,
                           bytes.substr(begin, end - begin));
  }

  // Up to where something is missing, as RocksDB does it (point in time).
  rocksdb::Status ReplayWriteLogs() {
    NumberFamilies();
    std::optional<uint64_t> expected;
    bool gap = false;
    for (const std::string& name : names_) {
      if (!NumberOf(name, ".log").has_value()) continue;
      std::string bytes;
      rocksdb::Status status = Read(name, &bytes);
      if (!status.ok()) return status;
      const WriteLogFile file = ParseWriteLogFile(bytes);
      auto next_gap = file.gaps.begin();
      for (size_t i = 0; i < file.records.size(); ++i) {
        const WriteLogRecord& record = file.records[i];
        for (; next_gap != file.gaps.end() && next_gap->records_before <= i;
             ++next_gap) {
          gap = true;
        }
        if (gap && expected.has_value() && record.sequence > *expected) {
          return status;
        }
        gap = false;
        expected = record.after();
        status = rocksdb::WriteBatch(record.batch).Iterate(&replay_);
        if (!status.ok()) return status;
      }
      gap = gap || next_gap != file.gaps.end();
    }
    return rocksdb::Status::OK();
  }

  // In the order in which they are always made, unless the MANIFEST knows
  // better.
  void NumberFamilies() {
    for (const auto& [name, family] : target_.families) {
      replay_.SetNumber(family->GetID(), family);
    }
    if (!manifest_.has_value()) return;
    for (const auto& [number, listed] : manifest_->families) {
      const auto family = target_.families.find(listed.name);
      if (family != target_.families.end()) {
        replay_.SetNumber(number, family->second);
      }
    }
  }

  rocksdb::Env& env_;
  const std::string& path_;
  const SalvageTarget& target_;
  DamageList& damage_;
  std::optional<ManifestFile> manifest_;
  std::vector<std::string> families_;  // The names of all.
  Replay replay_;
  std::vector<std::string> names_;  // Of the folder, ascending.
  std::vector<Table> tables_;
};

}  // namespace

rocksdb::Status SalvageDatabase(rocksdb::Env* env, const std::string& path,
                                const SalvageTarget& target,
                                DamageList* damage) {
  return Salvage(env, path, target, damage).Run();
}

}  // namespace sluice
