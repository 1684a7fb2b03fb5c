// Bytes as each of RocksDB's files, and, since checksums guard what lies behind
// them, as what they guard.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "storage/kv/log_file.h"
#include "storage/kv/manifest_file.h"
#include "storage/kv/table_block.h"
#include "storage/kv/table_file.h"
#include "storage/kv/write_log_file.h"

namespace sluice {
namespace {

// Gaps and records together are the file, in order.
void ReadLog(std::string_view bytes) {
  const LogFile file = ParseLogFile(bytes, 1);
  size_t end = 0;
  for (const LogFileRecord& record : file.records) {
    CHECK_GE(record.begin, end);
    CHECK_GT(record.end, record.begin);
    end = record.end;
  }
  CHECK_LE(end, bytes.size());
  for (const LogFileGap& gap : file.gaps) {
    CHECK_LT(gap.begin, gap.end);
    CHECK_LE(gap.end, bytes.size());
    CHECK_LE(gap.records_before, file.records.size());
  }
  ParseWriteLogFile(bytes);
}

void ReadManifest(std::string_view bytes) {
  ParseManifestFile(7, bytes);
  std::string file;
  AppendLogFileRecord(bytes, &file);
  ParseManifestFile(7, file);
}

void ReadTable(std::string_view bytes) {
  size_t visited = 0;
  const TableFile file = ReadTableFile(
      bytes,
      [](std::string_view rest) -> std::optional<FoundRecord> {
        if (!rest.starts_with("record")) return std::nullopt;
        return FoundRecord{"key", 6};
      },
      [&visited](const TableEntry& entry) {
        visited += entry.key.size() + entry.value.size();
      });
  uint64_t end = 0;
  for (const auto& [begin, range_end] : file.damaged) {
    CHECK_GE(begin, end);
    CHECK_GT(range_end, begin);
    end = range_end;
  }
  CHECK_LE(end, bytes.size());
}

void ReadBlock(std::string_view bytes) {
  if (bytes.size() >= kBlockTrailerBytes) {
    const auto content = UnpackBlock(bytes);
    if (content.has_value()) ParseBlock(*content);
  }
  ParseBlock(bytes);
  FindBlock(bytes);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  sluice::ReadLog(bytes);
  sluice::ReadManifest(bytes);
  sluice::ReadTable(bytes);
  sluice::ReadBlock(bytes);
  return 0;
}
