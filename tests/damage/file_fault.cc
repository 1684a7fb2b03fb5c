#include "tests/damage/file_fault.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/format/record.h"
#include "storage/kv/table_file.h"
#include "storage/kv/write_log_file.h"

namespace sluice {
namespace {

// Of an event in a table file, with the number of the change.
constexpr size_t kKeyBytes = 16;

// The events of records in `bytes` that touch [begin, end).
void AddRecords(std::string_view bytes, size_t begin, size_t end,
                std::set<Sequence>* events) {
  for (size_t at = 0; at < bytes.size(); ++at) {
    const size_t size = format::FindRecord(bytes.substr(at));
    if (size == 0) continue;
    const auto header = format::ParseRecordHeader(bytes.substr(at, size));
    for (uint32_t i = 0; i < header->event_count; ++i) {
      // Its key stands before it.
      if (at < end + kKeyBytes && at + size > begin) {
        events->insert(header->first_sequence + i);
      }
    }
    at += size - 1;
  }
}

}  // namespace

std::string FileFault::ToString() const {
  switch (kind) {
    case Kind::kFlip:
      return absl::StrCat("a bit of ", path, " flipped at ", begin);
    case Kind::kCut:
      return absl::StrCat(path, " cut from ", end, " to ", begin, " bytes");
    case Kind::kRemove:
      break;
  }
  return absl::StrCat(path, " removed");
}

DiskFiles FilesOf(const FaultDisk& disk) {
  DiskFiles files;
  for (const std::string& path : disk.AllFiles()) {
    files[path] = disk.Content(path);
  }
  return files;
}

bool Matters(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name != "LOG" && name != "LOCK" && name.substr(0, 4) != "LOG.";
}

std::string FamilyOf(std::string_view table_file) {
  return ReadTableFile(table_file, nullptr, [](const TableEntry&) {}).family;
}

FileFault RandomFault(const DiskFiles& files, std::mt19937_64& random) {
  std::vector<std::pair<std::string, size_t>> targets;
  for (const auto& [path, bytes] : files) {
    if (Matters(path) && !bytes.empty()) {
      targets.emplace_back(path, bytes.size());
    }
  }
  CHECK(!targets.empty());
  const auto& [path, size] = targets[random() % targets.size()];
  const size_t at = random() % size;
  switch (random() % 4) {
    case 0:
      return {path, FileFault::Kind::kRemove, 0, size};
    case 1:
      return {path, FileFault::Kind::kCut, at, size};
    default:
      return {path, FileFault::Kind::kFlip, at, at + 1};
  }
}

void Inflict(const FileFault& fault, FaultDisk* disk) {
  switch (fault.kind) {
    case FileFault::Kind::kFlip:
      return disk->FlipBit(fault.path, 8 * fault.begin + fault.begin % 8);
    case FileFault::Kind::kCut:
      return disk->Cut(fault.path, fault.begin);
    case FileFault::Kind::kRemove:
      return disk->Remove(fault.path);
  }
}

std::set<Sequence> MayCost(const DiskFiles& files, const FileFault& fault) {
  const std::string& bytes = files.at(fault.path);
  std::set<Sequence> events;
  if (absl::EndsWith(fault.path, ".sst")) {
    AddRecords(bytes, fault.begin, fault.end, &events);
  }
  if (absl::EndsWith(fault.path, ".log")) {
    for (const WriteLogRecord& write : ParseWriteLogFile(bytes).records) {
      if (write.begin >= fault.end || write.end <= fault.begin) continue;
      AddRecords(write.batch, 0, write.batch.size(), &events);
    }
  }
  return events;
}

}  // namespace sluice
