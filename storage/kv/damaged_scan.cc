#include "storage/kv/damaged_scan.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "rocksdb/env.h"
#include "storage/kv/table_file.h"

namespace sluice {
namespace {

// Collects the last version of each key.
class Versions {
 public:
  explicit Versions(const ScanRange& range) : range_(range) {}

  void Add(const TableEntry& entry) {
    if (entry.kind == TableEntry::Kind::kDeleteRange) {
      deleted_.push_back(
          {std::string(entry.key), std::string(entry.value), entry.change});
      return;
    }
    if (entry.key < range_.floor || entry.key >= range_.end) return;
    if (entry.key < range_.from) return AddBefore(entry);
    AddTo(found_[std::string(entry.key)], entry);
  }

  void Visit(KeyValueStore::Visitor visit) const {
    if (!found_.contains(range_.from) && before_.put &&
        !IsDeleted(before_key_, before_)) {
      if (!visit(before_key_, before_.value)) return;
    }
    for (const auto& [key, version] : found_) {
      if (!version.put || IsDeleted(key, version)) continue;
      if (!visit(key, version.value)) return;
    }
  }

 private:
  struct Version {
    bool known = false;
    bool put = false;
    uint64_t change = 0;
    std::string value;
  };
  struct DeletedRange {
    std::string begin;
    std::string end;
    uint64_t change = 0;
  };

  static void AddTo(Version& version, const TableEntry& entry) {
    if (version.known && version.change > entry.change) return;
    version.known = true;
    version.put = entry.kind == TableEntry::Kind::kPut;
    version.change = entry.change;
    version.value = std::string(entry.value);
  }
  // Only the greatest of these matters, and there may be many.
  void AddBefore(const TableEntry& entry) {
    if (entry.key < before_key_) return;
    if (entry.key > before_key_) before_ = Version();
    before_key_ = std::string(entry.key);
    AddTo(before_, entry);
  }
  bool IsDeleted(const std::string& key, const Version& version) const {
    return std::any_of(deleted_.begin(), deleted_.end(),
                       [&](const DeletedRange& range) {
                         return range.begin <= key && key < range.end &&
                                range.change > version.change;
                       });
  }

  const ScanRange& range_;
  std::map<std::string, Version> found_;  // At or above range_.from.
  std::string before_key_;
  Version before_;
  std::vector<DeletedRange> deleted_;
};

// Where a scan of `range` may have to begin: with the last file that begins at
// or below range.from.
std::string FirstKeyNeeded(const std::vector<ScannedFile>& files,
                           const ScanRange& range) {
  std::string first = range.floor;
  for (const ScannedFile& file : files) {
    if (file.first_key <= range.from) first = std::max(first, file.first_key);
  }
  return first;
}

}  // namespace

rocksdb::Status ScanDamagedFiles(rocksdb::Env* env,
                                 const std::vector<ScannedFile>& files,
                                 const ScanRange& range,
                                 const RecordFinder& find_record,
                                 KeyValueStore::Visitor visit,
                                 DamageVisitor note_damage) {
  const std::string first = FirstKeyNeeded(files, range);
  Versions versions(range);
  for (const ScannedFile& file : files) {
    if (file.last_key < first || file.first_key >= range.end) continue;
    std::string bytes;
    const rocksdb::Status status =
        rocksdb::ReadFileToString(env, file.path, &bytes);
    if (!status.ok() && env->FileExists(file.path).IsNotFound()) continue;
    if (!status.ok()) return status;
    const TableFile table = ReadTableFile(
        bytes, find_record,
        [&versions](const TableEntry& entry) { versions.Add(entry); });
    for (const auto& [begin, end] : table.damaged) {
      note_damage(file, begin,
                  std::string_view(bytes).substr(begin, end - begin));
    }
  }
  versions.Visit(visit);
  return rocksdb::Status::OK();
}

}  // namespace sluice
