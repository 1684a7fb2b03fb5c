#include "storage/kv/write_log_file.h"

#include <utility>

#include "storage/base/coding.h"

namespace sluice {
namespace {

// Of a WriteBatch: the sequence and the number of changes.
constexpr size_t kBatchHeaderBytes = 12;

}  // namespace

WriteLogFile ParseWriteLogFile(std::string_view bytes) {
  LogFile log = ParseLogFile(bytes, kBatchHeaderBytes);
  WriteLogFile file;
  file.gaps = std::move(log.gaps);
  file.records.reserve(log.records.size());
  for (LogFileRecord& record : log.records) {
    WriteLogRecord write;
    write.begin = record.begin;
    write.end = record.end;
    write.sequence = LoadLittleEndian64(record.bytes.data());
    write.changes = LoadLittleEndian32(record.bytes.data() + 8);
    write.batch = std::move(record.bytes);
    file.records.push_back(std::move(write));
  }
  return file;
}

std::string MakeWriteLogFile(const std::vector<WriteLogRecord>& records) {
  std::string file;
  for (const WriteLogRecord& record : records) {
    AppendLogFileRecord(record.batch, &file);
  }
  return file;
}

}  // namespace sluice
