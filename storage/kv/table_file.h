// RocksDB's table files (SST), read around damage. RocksDB itself gives up the
// whole file when what it needs to find its blocks is damaged.
#ifndef STORAGE_KV_TABLE_FILE_H_
#define STORAGE_KV_TABLE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "storage/kv/record_finder.h"

namespace rocksdb {
class RandomAccessFile;
class Status;
}  // namespace rocksdb

namespace sluice {

// One version of a key. RocksDB's value types that these tables have.
struct TableEntry {
  enum class Kind : uint8_t {
    kDelete = 0,
    kPut = 1,
    kDeleteOnce = 7,
    kDeleteRange = 15,  // From `key` up to `value`.
  };
  std::string_view key;
  // RocksDB's number of the change; 0: older than all others of its key.
  uint64_t change = 0;
  Kind kind = Kind::kPut;
  std::string_view value;
};

// Bytes [begin, end) of a file.
using ByteRange = std::pair<uint64_t, uint64_t>;

struct TableFile {
  std::string family;  // The column family's name; empty: not readable.
  // What is part of no whole block, and of no record that was found.
  std::vector<ByteRange> damaged;
};

// Reads all of `bytes`, a table file of RocksDB 7.8 with checksums of kXXH3 and
// blocks that are not packed or packed by LZ4. Calls `visit` for the entries of
// each block that is whole, in the order of the file, whatever else is not, and
// for the records that `find_record` (null: none) finds elsewhere, with 0 for
// the change if that is damaged, too. The views last for the call.
TableFile ReadTableFile(std::string_view bytes, const RecordFinder& find_record,
                        absl::FunctionRef<void(const TableEntry&)> visit);

// Whether RocksDB could find every block of a table file of `bytes` bytes:
// reads its end, and what that leads to.
//   IOError: the disk refused.  Corruption: says what is damaged.
rocksdb::Status CheckTableStructure(const rocksdb::RandomAccessFile& file,
                                    uint64_t bytes);

}  // namespace sluice

#endif  // STORAGE_KV_TABLE_FILE_H_
