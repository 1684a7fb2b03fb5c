// The framing of RocksDB's write-ahead logs and MANIFESTs, read around damage.
// RocksDB itself gives up at the first damaged byte, or skips 32 KiB.
#ifndef STORAGE_KV_LOG_FILE_H_
#define STORAGE_KV_LOG_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct LogFileRecord {
  size_t begin = 0;  // In the file; the record ends before `end`.
  size_t end = 0;
  std::string bytes;
};

// Bytes that are part of no whole record.
struct LogFileGap {
  size_t begin = 0;
  size_t end = 0;
  size_t records_before = 0;  // In the file.
  // The file ends within a record, or has nothing but zeros here, or a page of
  // zeros: what is left of a write that did not reach the disk as a whole.
  bool torn = false;
};

struct LogFile {
  std::vector<LogFileRecord> records;
  std::vector<LogFileGap> gaps;
};

// Records shorter than `min_record_bytes` are gaps.
LogFile ParseLogFile(std::string_view bytes, size_t min_record_bytes);

// Appends a record to `file`, which holds what comes before it.
void AppendLogFileRecord(std::string_view record, std::string* file);

}  // namespace sluice

#endif  // STORAGE_KV_LOG_FILE_H_
