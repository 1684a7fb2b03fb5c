// The writes in a file of RocksDB's write-ahead log, read around damage.
#ifndef STORAGE_KV_WRITE_LOG_FILE_H_
#define STORAGE_KV_WRITE_LOG_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/kv/log_file.h"

namespace sluice {

// One write.
struct WriteLogRecord {
  size_t begin = 0;  // In the file; the record ends before `end`.
  size_t end = 0;
  // RocksDB's number of its first change, and how many there are.
  uint64_t sequence = 0;
  uint64_t changes = 0;
  std::string batch;  // A rocksdb::WriteBatch, serialized.
  uint64_t after() const { return sequence + changes; }
};

struct WriteLogFile {
  std::vector<WriteLogRecord> records;
  std::vector<LogFileGap> gaps;
};

WriteLogFile ParseWriteLogFile(std::string_view bytes);

// A file with these records.
std::string MakeWriteLogFile(const std::vector<WriteLogRecord>& records);

}  // namespace sluice

#endif  // STORAGE_KV_WRITE_LOG_FILE_H_
