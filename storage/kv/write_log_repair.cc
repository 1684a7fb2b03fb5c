#include "storage/kv/write_log_repair.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "rocksdb/write_batch.h"
#include "storage/base/coding.h"
#include "storage/kv/database_check.h"
#include "storage/kv/env_files.h"
#include "storage/kv/manifest_file.h"
#include "storage/kv/write_log_file.h"

namespace sluice {
namespace {

constexpr char kSyncedTag[] = "synced";
// What stops RocksDB.
constexpr char kNotARecord[] = "the end of what is whole";
constexpr size_t kSyncedTagBytes = sizeof(kSyncedTag) - 1;

// Finds the SyncedMark of a batch.
class MarkFinder final : public rocksdb::WriteBatch::Handler {
 public:
  void LogData(const rocksdb::Slice& blob) override {
    if (blob.size() == kSyncedTagBytes + 8 &&
        blob.starts_with(rocksdb::Slice(kSyncedTag, kSyncedTagBytes))) {
      synced = LoadBigEndian64(blob.data() + kSyncedTagBytes);
    }
  }
  rocksdb::Status PutCF(uint32_t, const rocksdb::Slice&,
                        const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(uint32_t, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status SingleDeleteCF(uint32_t, const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteRangeCF(uint32_t, const rocksdb::Slice&,
                                const rocksdb::Slice&) override {
    return rocksdb::Status::OK();
  }

  uint64_t synced = 0;
};

uint64_t SyncedBefore(const WriteLogRecord& record) {
  MarkFinder finder;
  rocksdb::WriteBatch(record.batch).Iterate(&finder).PermitUncheckedError();
  return finder.synced;
}

struct NamedFile {
  std::string name;
  std::string bytes;
  WriteLogFile content;
};

class Repair {
 public:
  Repair(rocksdb::Env* env, const std::string& path,
         const std::vector<std::string>& families, bool only_check,
         DamageList* damage)
      : env_(*env),
        path_(path),
        families_(families),
        only_check_(only_check),
        damage_(*damage) {}

  rocksdb::Status Run() {
    bool any_gap = false;
    rocksdb::Status status = ReadFiles(&any_gap);
    if (!status.ok() || !any_gap) return status;
    for (size_t i = 0; i < files_.size(); ++i) {
      status = RepairFile(i);
      if (!status.ok()) return status;
    }
    return status;
  }

 private:
  rocksdb::Status ReadFiles(bool* any_gap) {
    std::optional<ManifestFile> manifest;
    const rocksdb::Status read = ReadManifest(&env_, path_, &manifest);
    if (!read.ok()) return read;
    uint64_t first_log = 0;
    if (manifest.has_value() && manifest->IsComplete(families_)) {
      first_log = manifest->FirstLogNumber();
      tabled_ = manifest->last_tabled_change;
    }
    std::vector<std::string> names;
    const rocksdb::Status listed = env_.GetChildren(path_, &names);
    if (!listed.ok()) return listed;
    // RocksDB does not read those that are of no use any more.
    std::erase_if(names, [first_log](const std::string& name) {
      return NumberOf(name, ".log").value_or(0) <
             std::max<uint64_t>(first_log, 1);
    });
    std::sort(names.begin(), names.end());
    for (std::string& name : names) {
      NamedFile file;
      const rocksdb::Status status = rocksdb::ReadFileToString(
          &env_, absl::StrCat(path_, "/", name), &file.bytes);
      if (!status.ok()) return status;
      file.content = ParseWriteLogFile(file.bytes);
      file.name = std::move(name);
      files_.push_back(std::move(file));
    }
    for (size_t i = 0; i < files_.size(); ++i) AddMissingEnd(i);
    *any_gap = std::any_of(files_.begin(), files_.end(), [](const auto& file) {
      return !file.content.gaps.empty();
    });
    return rocksdb::Status::OK();
  }

  // A file that was cut off between two records shows it only by what the next
  // one begins with.
  void AddMissingEnd(size_t index) {
    WriteLogFile& content = files_[index].content;
    if (content.records.empty()) return;
    const LogFileGap end{files_[index].bytes.size(), files_[index].bytes.size(),
                         content.records.size(), /*torn=*/true};
    const WriteLogRecord* behind = Behind(index, end);
    if (behind == nullptr ||
        behind->sequence <= content.records.back().after()) {
      return;
    }
    // Bytes that are no record are judged as they are.
    if (!content.gaps.empty() &&
        content.gaps.back().records_before == content.records.size()) {
      return;
    }
    for (size_t i = index + 1; i < files_.size(); ++i) {
      if (BeginsWithGap(i)) return;
      if (!files_[i].content.records.empty()) break;
    }
    content.gaps.push_back(end);
  }

  // What lies behind a gap of file `index`, and before it; null: nothing.
  const WriteLogRecord* Behind(size_t index, const LogFileGap& gap) const {
    const auto& records = files_[index].content.records;
    if (gap.records_before < records.size()) {
      return &records[gap.records_before];
    }
    for (size_t i = index + 1; i < files_.size(); ++i) {
      if (!files_[i].content.records.empty()) {
        return &files_[i].content.records.front();
      }
    }
    return nullptr;
  }
  const WriteLogRecord* Before(size_t index, const LogFileGap& gap) const {
    if (gap.records_before > 0) {
      return &files_[index].content.records[gap.records_before - 1];
    }
    for (size_t i = index; i > 0; --i) {
      if (!files_[i - 1].content.records.empty()) {
        return &files_[i - 1].content.records.back();
      }
    }
    return nullptr;
  }

  // All changes up to this one were synced: the highest mark in any record from
  // `sequence` on, and what tables say.
  uint64_t SyncedBehind(uint64_t sequence) const {
    uint64_t synced = tabled_;
    for (const NamedFile& file : files_) {
      for (const WriteLogRecord& record : file.content.records) {
        if (record.sequence < sequence) continue;
        synced = std::max(synced, SyncedBefore(record));
      }
    }
    return synced;
  }

  rocksdb::Status RepairFile(size_t index) {
    NamedFile& file = files_[index];
    bool changed = false;
    for (const LogFileGap& gap : file.content.gaps) {
      const WriteLogRecord* before = Before(index, gap);
      const WriteLogRecord* behind = Behind(index, gap);
      if (behind == nullptr && gap.torn) continue;
      if (behind != nullptr && IsLeftOver(index, gap, before, *behind)) {
        changed = true;
        continue;
      }
      if (behind != nullptr && gap.torn &&
          SyncedBehind(behind->sequence) <
              (before != nullptr ? before->after() : 1)) {
        // The end of the log; RocksDB stops at bytes that are no record.
        if (!changed && gap.end > gap.begin) return rocksdb::Status::OK();
        file.content.records.resize(gap.records_before);
        return Rewrite(file, kNotARecord);
      }
      const rocksdb::Status status = Quarantine(file, gap, before, behind);
      if (!status.ok()) return status;
      changed = true;
    }
    return changed ? Rewrite(file, "") : rocksdb::Status::OK();
  }

  // Whether `gap` is what a failed write left: no number is missing behind it,
  // or, as far as that can be known, it is the end of a file that was given up.
  bool IsLeftOver(size_t index, const LogFileGap& gap,
                  const WriteLogRecord* before,
                  const WriteLogRecord& behind) const {
    if (before != nullptr && behind.sequence <= before->after()) return true;
    if (!gap.torn || gap.end != files_[index].bytes.size()) return false;
    if (before == nullptr) return tabled_ + 1 < behind.sequence;
    // What is missing may have been in the gap that the next file begins with.
    return BeginsWithGap(index + 1);
  }
  bool BeginsWithGap(size_t index) const {
    return index < files_.size() && !files_[index].content.gaps.empty() &&
           files_[index].content.gaps.front().records_before == 0;
  }

  rocksdb::Status Quarantine(const NamedFile& file, const LogFileGap& gap,
                             const WriteLogRecord* before,
                             const WriteLogRecord* behind) {
    std::string lost = "the last changes";
    if (behind != nullptr && before != nullptr) {
      lost = absl::StrCat(behind->sequence - before->after(), " changes");
    } else if (behind != nullptr) {
      lost = absl::StrCat("changes before ", behind->sequence);
    }
    if (gap.begin == gap.end) {
      damage_.push_back(
          {absl::StrCat("the write log ", file.name, " lacks its end, and ",
                        lost, " are lost"),
           Damage::Loss::kOther});
      return rocksdb::Status::OK();
    }
    const std::string name = absl::StrCat(file.name, ".", gap.begin);
    damage_.push_back(
        {absl::StrCat(gap.end - gap.begin, " bytes of the write log ",
                      file.name, " at ", gap.begin, " are damaged, and ", lost,
                      " are lost"),
         Damage::Loss::kOther});
    if (only_check_) return rocksdb::Status::OK();
    damage_.back().kept_in = absl::StrCat(path_, "/quarantine/", name);
    return WriteQuarantine(
        &env_, path_, name,
        std::string_view(file.bytes).substr(gap.begin, gap.end - gap.begin));
  }

  // In place of the old one, as a whole or not at all.
  rocksdb::Status Rewrite(const NamedFile& file, std::string_view tail) {
    if (only_check_) return rocksdb::Status::OK();
    return ReplaceFile(
        &env_, path_, file.name,
        MakeWriteLogFile(file.content.records) + std::string(tail));
  }

  rocksdb::Env& env_;
  const std::string& path_;
  const std::vector<std::string>& families_;
  const bool only_check_;
  DamageList& damage_;
  // See ManifestFile::last_tabled_change.
  uint64_t tabled_ = 0;
  std::vector<NamedFile> files_;
};

}  // namespace

std::string SyncedMark(uint64_t sequence) {
  std::string mark(kSyncedTag);
  mark.resize(kSyncedTagBytes + 8);
  StoreBigEndian64(mark.data() + kSyncedTagBytes, sequence);
  return mark;
}

rocksdb::Status RepairWriteLogs(rocksdb::Env* env, const std::string& path,
                                const std::vector<std::string>& families,
                                DamageList* damage) {
  return Repair(env, path, families, /*only_check=*/false, damage).Run();
}

rocksdb::Status CheckWriteLogs(rocksdb::Env* env, const std::string& path,
                               const std::vector<std::string>& families,
                               DamageList* damage) {
  return Repair(env, path, families, /*only_check=*/true, damage).Run();
}

}  // namespace sluice
