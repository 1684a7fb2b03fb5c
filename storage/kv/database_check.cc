#include "storage/kv/database_check.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "rocksdb/env.h"
#include "storage/kv/env_files.h"
#include "storage/kv/table_file.h"
#include "storage/kv/write_log_file.h"

namespace sluice {
namespace {

constexpr uint64_t kNoChange = std::numeric_limits<uint64_t>::max();
constexpr char kManifestPrefix[] = "MANIFEST-";

rocksdb::Status Children(rocksdb::Env* env, const std::string& path,
                         std::vector<std::string>* names) {
  const rocksdb::Status status = env->GetChildren(path, names);
  std::sort(names->begin(), names->end());
  return status;
}

// Not an error of the disk.
bool IsMissing(const rocksdb::Status& status) {
  return status.IsNotFound() ||
         status.subcode() == rocksdb::Status::kPathNotFound;
}

// Finds the name of the MANIFEST that counts; empty: CURRENT names none.
rocksdb::Status CurrentManifest(rocksdb::Env* env, const std::string& path,
                                std::string* name) {
  name->clear();
  std::string content;
  rocksdb::Status status =
      rocksdb::ReadFileToString(env, path + "/CURRENT", &content);
  if (IsMissing(status)) return rocksdb::Status::OK();
  if (!status.ok() || !absl::StartsWith(content, kManifestPrefix) ||
      !absl::EndsWith(content, "\n")) {
    return status;
  }
  content.pop_back();
  status = env->FileExists(absl::StrCat(path, "/", content));
  if (IsMissing(status)) return rocksdb::Status::OK();
  if (status.ok()) *name = std::move(content);
  return status;
}

// Leaves `manifest` empty where the file is damaged.
rocksdb::Status ReadManifestFile(rocksdb::Env* env, const std::string& path,
                                 const std::string& name,
                                 std::optional<ManifestFile>* manifest) {
  manifest->reset();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(name.substr(sizeof(kManifestPrefix) - 1), &number)) {
    return rocksdb::Status::OK();
  }
  std::string bytes;
  const rocksdb::Status status =
      rocksdb::ReadFileToString(env, absl::StrCat(path, "/", name), &bytes);
  if (status.ok()) *manifest = ParseManifestFile(number, bytes);
  return status;
}

// Finds the last MANIFEST that can be read; empty: none.
rocksdb::Status NewestManifest(rocksdb::Env* env, const std::string& path,
                               std::string* newest) {
  newest->clear();
  std::vector<std::string> names;
  rocksdb::Status status = Children(env, path, &names);
  std::reverse(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!status.ok() || !newest->empty()) break;
    if (!absl::StartsWith(name, kManifestPrefix)) continue;
    std::optional<ManifestFile> manifest;
    status = ReadManifestFile(env, path, name, &manifest);
    if (manifest.has_value()) *newest = name;
  }
  return status;
}

// Whether the folder with these files is of a database that was made already.
bool HoldsData(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const auto& name) {
    return absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log");
  });
}

class Check {
 public:
  Check(rocksdb::Env* env, const std::string& path,
        const ExpectedFamilies& expected, DamageList* damage)
      : env_(*env), path_(path), expected_(expected), damage_(*damage) {}

  rocksdb::Status Run() {
    std::string name;
    rocksdb::Status status = Children(&env_, path_, &names_);
    if (status.ok()) status = CurrentManifest(&env_, path_, &name);
    if (!status.ok()) return status;
    if (name.empty()) {
      if (HoldsData(names_)) damage_.push_back({"the file CURRENT is damaged"});
      return status;
    }
    std::optional<ManifestFile> manifest;
    status = ReadManifestFile(&env_, path_, name, &manifest);
    if (!status.ok()) return status;
    if (!manifest.has_value()) {
      damage_.push_back(
          {absl::StrCat("the list of files ", name, " is damaged")});
      return status;
    }
    manifest_ = *std::move(manifest);
    for (const auto& [number, table] : manifest_.tables) {
      status = CheckTable(number, table);
      if (!status.ok()) return status;
    }
    status = CheckFamilies();
    return status.ok() ? CheckUnlisted() : status;
  }

 private:
  // What a MANIFEST begins with is written as a whole, before anything else is.
  rocksdb::Status CheckFamilies() {
    uint64_t logged_from = 0;
    const rocksdb::Status status = FirstLoggedChange(&logged_from);
    if (!status.ok() || manifest_.IsComplete(expected_.names)) return status;
    const bool has_tables = std::any_of(
        names_.begin(), names_.end(),
        [](const auto& name) { return absl::EndsWith(name, ".sst"); });
    if (has_tables || logged_from != kNoChange) {
      damage_.push_back({"the list of files lacks its end"});
    }
    return status;
  }

  rocksdb::Status CheckTable(uint64_t number,
                             const ManifestFile::Table& table) {
    const std::string name = NumberedFile(number, ".sst");
    const std::string file = absl::StrCat(path_, "/", name);
    const std::string& family = manifest_.FamilyName(table.family);
    const std::string subject =
        absl::StrCat("table file ", name, " (", family, ") ");
    if (!std::binary_search(names_.begin(), names_.end(), name)) {
      AddLoss(family, absl::StrCat(subject, "is missing"),
              ", and what it held is lost");
      return rocksdb::Status::OK();
    }
    uint64_t bytes = 0;
    rocksdb::Status status = env_.GetFileSize(file, &bytes);
    if (!status.ok()) return status;
    if (bytes != table.bytes) {
      AddLoss(family,
              absl::StrCat(subject, "has ", bytes, " bytes, and should have ",
                           table.bytes),
              "; what the others held may be lost");
      return status;
    }
    std::unique_ptr<rocksdb::RandomAccessFile> opened;
    status = env_.NewRandomAccessFile(file, &opened, rocksdb::EnvOptions());
    if (!status.ok()) return status;
    status = CheckTableStructure(*opened, bytes);
    bool in_entries = false;
    if (status.ok() && (family != expected_.lazy || family.empty())) {
      status = CheckWhole(file);
      in_entries = true;
    }
    if (!status.IsCorruption()) return status;
    std::string what =
        absl::StrCat(subject, "is damaged: ", std::string(status.getState()));
    if (in_entries) {
      AddLoss(family, std::move(what), ", and what they held is lost");
    } else {
      damage_.push_back({std::move(what)});
    }
    return rocksdb::Status::OK();
  }

  // `words` say that it is a loss, unless that is found later.
  void AddLoss(const std::string& family, std::string what, const char* words) {
    if (family == expected_.accounted) {
      damage_.push_back({std::move(what)});
    } else {
      absl::StrAppend(&what, words);
      damage_.push_back({std::move(what), Damage::Loss::kOther});
    }
  }

  rocksdb::Status CheckWhole(const std::string& file) {
    std::string bytes;
    const rocksdb::Status status =
        rocksdb::ReadFileToString(&env_, file, &bytes);
    if (!status.ok()) return status;
    const TableFile table =
        ReadTableFile(bytes, nullptr, [](const TableEntry&) {});
    if (table.damaged.empty()) return status;
    return rocksdb::Status::Corruption(
        absl::StrCat("its bytes ", table.damaged[0].first, " to ",
                     table.damaged[0].second - 1));
  }

  // A table file that the MANIFEST has never heard of was being made when the
  // process ended: then what it holds is elsewhere too, or was in a write-ahead
  // log older than it that loss of power has emptied. Or the MANIFEST has lost
  // its end.
  rocksdb::Status CheckUnlisted() {
    for (const std::string& name : names_) {
      const auto number = NumberOf(name, ".sst");
      if (!number.has_value() || manifest_.tables.contains(*number) ||
          manifest_.IsObsolete(*number, expected_.names) ||
          WasBeingMade(*number)) {
        continue;
      }
      bool only_copy = false;
      const rocksdb::Status status = IsOnlyCopy(name, &only_copy);
      if (!status.ok()) return status;
      if (only_copy) {
        damage_.push_back({absl::StrCat("the list of files lacks ", name)});
      }
    }
    return rocksdb::Status::OK();
  }

  bool WasBeingMade(uint64_t number) {
    uint64_t logged_from = 0;
    return FirstLoggedChange(&logged_from).ok() && logged_from == kNoChange &&
           std::any_of(names_.begin(), names_.end(),
                       [number](const std::string& name) {
                         const auto log = NumberOf(name, ".log");
                         return log.has_value() && *log < number;
                       });
  }

  rocksdb::Status IsOnlyCopy(const std::string& name, bool* only_copy) {
    uint64_t bytes = 0;
    const std::string file = absl::StrCat(path_, "/", name);
    rocksdb::Status status = env_.GetFileSize(file, &bytes);
    if (!status.ok()) return status;
    std::unique_ptr<rocksdb::RandomAccessFile> opened;
    status = env_.NewRandomAccessFile(file, &opened, rocksdb::EnvOptions());
    if (!status.ok()) return status;
    status = CheckTableStructure(*opened, bytes);
    // Not finished.
    if (status.IsCorruption()) return rocksdb::Status::OK();
    std::string content;
    if (status.ok()) {
      status = rocksdb::ReadFileToString(&env_, file, &content);
    }
    uint64_t logged_from = 0;
    if (status.ok()) status = FirstLoggedChange(&logged_from);
    if (!status.ok()) return status;
    std::vector<uint64_t> changes;
    const TableFile table =
        ReadTableFile(content, nullptr, [&](const TableEntry& entry) {
          if (entry.change < logged_from) changes.push_back(entry.change);
        });
    const uint64_t listed = LastListedChange(table.family);
    *only_copy = std::any_of(changes.begin(), changes.end(),
                             [&](uint64_t change) { return change > listed; });
    return rocksdb::Status::OK();
  }

  // The last change in a listed table file of `family`.
  uint64_t LastListedChange(const std::string& family) const {
    uint64_t last = 0;
    for (const auto& [number, table] : manifest_.tables) {
      if (manifest_.FamilyName(table.family) == family) {
        last = std::max(last, table.last_change);
      }
    }
    return last;
  }

  // The first change that the write-ahead log has.
  rocksdb::Status FirstLoggedChange(uint64_t* change) {
    if (logged_from_.has_value()) {
      *change = *logged_from_;
      return rocksdb::Status::OK();
    }
    *change = kNoChange;
    for (const std::string& name : names_) {
      if (!NumberOf(name, ".log").has_value()) continue;
      std::string bytes;
      const rocksdb::Status status = rocksdb::ReadFileToString(
          &env_, absl::StrCat(path_, "/", name), &bytes);
      if (!status.ok()) return status;
      const WriteLogFile file = ParseWriteLogFile(bytes);
      // RocksDB may begin a file with a record of no change.
      const auto first =
          std::find_if(file.records.begin(), file.records.end(),
                       [](const auto& record) { return record.changes > 0; });
      if (first == file.records.end()) continue;
      *change = first->sequence;
      break;
    }
    logged_from_ = *change;
    return rocksdb::Status::OK();
  }

  rocksdb::Env& env_;
  const std::string& path_;
  const ExpectedFamilies& expected_;
  DamageList& damage_;
  std::vector<std::string> names_;  // Of the folder, ascending.
  ManifestFile manifest_;
  std::optional<uint64_t> logged_from_;
};

}  // namespace

std::string NumberedFile(uint64_t number, const std::string& ending) {
  return absl::StrFormat("%06d%s", number, ending);
}

std::optional<uint64_t> NumberOf(const std::string& name,
                                 const std::string& ending) {
  uint64_t number = 0;
  if (!absl::EndsWith(name, ending) ||
      !absl::SimpleAtoi(name.substr(0, name.size() - ending.size()), &number)) {
    return std::nullopt;
  }
  return number;
}

rocksdb::Status CheckDatabaseFiles(rocksdb::Env* env, const std::string& path,
                                   const ExpectedFamilies& expected,
                                   DamageList* damage) {
  return Check(env, path, expected, damage).Run();
}

rocksdb::Status RestoreCurrent(rocksdb::Env* env, const std::string& path,
                               DamageList* damage) {
  std::vector<std::string> names;
  std::string current;
  std::string newest;
  rocksdb::Status status = Children(env, path, &names);
  if (status.ok()) status = CurrentManifest(env, path, &current);
  if (!status.ok() || !current.empty() || !HoldsData(names)) return status;
  status = NewestManifest(env, path, &newest);
  if (!status.ok() || newest.empty()) return status;
  damage->push_back({absl::StrCat(
      "the file CURRENT was damaged; it is written anew and names ", newest)});
  return ReplaceFile(env, path, "CURRENT", newest + "\n");
}

rocksdb::Status ReadManifest(rocksdb::Env* env, const std::string& path,
                             std::optional<ManifestFile>* manifest) {
  manifest->reset();
  std::string name;
  rocksdb::Status status = CurrentManifest(env, path, &name);
  if (status.ok() && name.empty()) status = NewestManifest(env, path, &name);
  if (!status.ok() || name.empty()) return status;
  return ReadManifestFile(env, path, name, manifest);
}

}  // namespace sluice
