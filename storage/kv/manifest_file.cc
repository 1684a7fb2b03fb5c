#include "storage/kv/manifest_file.h"

#include <algorithm>
#include <limits>

#include "storage/base/coding.h"
#include "storage/kv/log_file.h"

namespace sluice {
namespace {

// rocksdb/db/version_edit.h
enum Tag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactCursor = 5,
  kDeletedFile = 6,
  kPreviousLogNumber = 9,
  kMinLogNumberToKeep = 10,
  kNewFile = 103,  // The fourth form, all that RocksDB 7 writes.
  kColumnFamily = 200,
  kColumnFamilyAdd = 201,
  kColumnFamilyDrop = 202,
  kMaxColumnFamily = 203,
  kInAtomicGroup = 300,
};
// Fields behind tags with this bit have a size, and can be passed over.
constexpr uint64_t kIgnorableTag = 1 << 13;
constexpr uint64_t kLastCustomField = 1;

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : left_(bytes) {}

  bool Number(uint64_t* value) {
    const char* end = left_.data() + left_.size();
    const char* behind = LoadVarint(left_.data(), end, value);
    if (behind == nullptr) return false;
    left_ = std::string_view(behind, static_cast<size_t>(end - behind));
    return true;
  }
  bool Text(std::string_view* value) {
    uint64_t size = 0;
    if (!Number(&size) || size > left_.size()) return false;
    *value = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  bool SkipNumbers(int count) {
    uint64_t ignored = 0;
    while (count > 0 && Number(&ignored)) --count;
    return count == 0;
  }
  bool SkipText() {
    std::string_view ignored;
    return Text(&ignored);
  }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

// Applies the edits of a MANIFEST, in order.
class EditReader {
 public:
  explicit EditReader(ManifestFile* manifest) : manifest_(*manifest) {}

  // One edit; false: not readable.
  bool Apply(std::string_view edit) {
    FieldReader fields(edit);
    edit_ = Edit();
    while (!fields.empty()) {
      uint64_t tag = 0;
      if (!fields.Number(&tag) || !ReadField(tag, fields)) return false;
    }
    for (const uint64_t number : edit_.deleted) {
      manifest_.tables.erase(number);
      manifest_.deleted.insert(number);
    }
    for (auto& [number, table] : edit_.added) {
      table.family = edit_.family;
      manifest_.last_tabled_change =
          std::max(manifest_.last_tabled_change, table.last_change);
      manifest_.tables[number] = table;
      // A file that goes to another level is deleted and added.
      manifest_.deleted.erase(number);
    }
    if (edit_.name.has_value()) {
      manifest_.families[edit_.family].name = *std::move(edit_.name);
    }
    const auto family = manifest_.families.find(edit_.family);
    if (family == manifest_.families.end()) return true;
    // Files are listed together with this number.
    if (edit_.log_number.has_value()) {
      family->second.complete = true;
      family->second.log_number = *edit_.log_number;
    }
    if (edit_.dropped) manifest_.families.erase(family);
    return true;
  }

 private:
  struct Edit {
    uint32_t family = 0;
    std::optional<std::string> name;
    bool dropped = false;
    std::optional<uint64_t> log_number;
    std::map<uint64_t, ManifestFile::Table> added;
    std::set<uint64_t> deleted;
  };

  bool ReadField(uint64_t tag, FieldReader& fields) {
    switch (tag) {
      case kLogNumber:
        edit_.log_number = 0;
        return fields.Number(&*edit_.log_number);
      case kNextFileNumber:
      case kLastSequence:
      case kPreviousLogNumber:
      case kMinLogNumberToKeep:
      case kMaxColumnFamily:
      case kInAtomicGroup:
        return fields.SkipNumbers(1);
      case kComparator:
        return fields.SkipText();
      case kCompactCursor:
        return fields.SkipNumbers(1) && fields.SkipText();
      case kDeletedFile:
        return ReadDeleted(fields);
      case kNewFile:
        return ReadAdded(fields);
      case kColumnFamily:
        return ReadFamily(fields);
      case kColumnFamilyAdd: {
        std::string_view name;
        if (!fields.Text(&name)) return false;
        edit_.name = std::string(name);
        return true;
      }
      case kColumnFamilyDrop:
        edit_.dropped = true;
        return true;
      default:
        return (tag & kIgnorableTag) != 0 && fields.SkipText();
    }
  }

  bool ReadDeleted(FieldReader& fields) {
    uint64_t number = 0;
    if (!fields.SkipNumbers(1) || !fields.Number(&number)) return false;
    edit_.deleted.insert(number);
    return true;
  }

  bool ReadAdded(FieldReader& fields) {
    uint64_t number = 0;
    ManifestFile::Table table;
    // Level; number and size; first and last key; first and last change.
    if (!fields.SkipNumbers(1) || !fields.Number(&number) ||
        !fields.Number(&table.bytes) || !fields.SkipText() ||
        !fields.SkipText() || !fields.SkipNumbers(1) ||
        !fields.Number(&table.last_change)) {
      return false;
    }
    uint64_t custom = 0;
    while (fields.Number(&custom)) {
      if (custom == kLastCustomField) {
        edit_.added[number] = table;
        return true;
      }
      if (!fields.SkipText()) return false;
    }
    return false;
  }

  bool ReadFamily(FieldReader& fields) {
    uint64_t family = 0;
    if (!fields.Number(&family)) return false;
    edit_.family = static_cast<uint32_t>(family);
    return true;
  }

  ManifestFile& manifest_;
  Edit edit_;
};

}  // namespace

const std::string& ManifestFile::FamilyName(uint32_t family) const {
  static const auto* const none = new std::string();
  const auto found = families.find(family);
  return found != families.end() ? found->second.name : *none;
}

bool ManifestFile::IsComplete(const std::vector<std::string>& names) const {
  return std::all_of(names.begin(), names.end(), [this](const auto& name) {
    return std::any_of(families.begin(), families.end(), [&](const auto& item) {
      return item.second.name == name && item.second.complete;
    });
  });
}

bool ManifestFile::IsObsolete(uint64_t table,
                              const std::vector<std::string>& names) const {
  if (tables.contains(table)) return false;
  return deleted.contains(table) ||
         (IsComplete(names) && table < std::min(number, FirstLogNumber()));
}

uint64_t ManifestFile::FirstLogNumber() const {
  uint64_t first = std::numeric_limits<uint64_t>::max();
  for (const auto& [id, family] : families) {
    first = std::min(first, family.log_number);
  }
  return first;
}

std::optional<ManifestFile> ParseManifestFile(uint64_t number,
                                              std::string_view bytes) {
  const LogFile log = ParseLogFile(bytes, 1);
  for (const LogFileGap& gap : log.gaps) {
    if (!gap.torn || gap.records_before < log.records.size()) {
      return std::nullopt;
    }
  }
  if (log.records.empty()) return std::nullopt;
  ManifestFile manifest;
  manifest.number = number;
  // The one that is always there is never added.
  manifest.families[0].name = "default";
  EditReader reader(&manifest);
  for (const LogFileRecord& record : log.records) {
    if (!reader.Apply(record.bytes)) return std::nullopt;
  }
  return manifest;
}

}  // namespace sluice
