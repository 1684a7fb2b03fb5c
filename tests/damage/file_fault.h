// Damage to one file of a log, and the events that it may cost.
#ifndef TESTS_DAMAGE_FILE_FAULT_H_
#define TESTS_DAMAGE_FILE_FAULT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "storage/kv/fault_disk.h"
#include "storage/log/event_log.h"

namespace sluice {

// What was done to one file: the bytes from `begin` on, up to `end`, are not
// what they were.
struct FileFault {
  enum class Kind : uint8_t { kFlip, kCut, kRemove };
  std::string path;
  Kind kind = Kind::kFlip;
  size_t begin = 0;
  size_t end = 0;

  std::string ToString() const;
};

// Content by path.
using DiskFiles = std::map<std::string, std::string>;
DiskFiles FilesOf(const FaultDisk& disk);

// Whether a file matters to RocksDB or to us: false for messages of RocksDB,
// and for the lock.
bool Matters(std::string_view path);
// The column family of a table file, from its content.
std::string FamilyOf(std::string_view table_file);

// A fault of chance to one of `files` that matters and is not empty.
// REQUIRES: there is one.
FileFault RandomFault(const DiskFiles& files, std::mt19937_64& random);
void Inflict(const FileFault& fault, FaultDisk* disk);

// Events that `fault` may cost: those of the records, or of the writes to the
// write-ahead log, whose bytes it touches.
std::set<Sequence> MayCost(const DiskFiles& files, const FileFault& fault);

}  // namespace sluice

#endif  // TESTS_DAMAGE_FILE_FAULT_H_
