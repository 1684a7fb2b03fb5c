// Finding keys by looking through table files, where RocksDB cannot.
#ifndef STORAGE_KV_DAMAGED_SCAN_H_
#define STORAGE_KV_DAMAGED_SCAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "storage/kv/key_value_store.h"
#include "storage/kv/record_finder.h"

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace sluice {

// A table file and its first and last key.
struct ScannedFile {
  std::string path;
  std::string first_key;
  std::string last_key;
};

// Bytes of a table file from `begin` on that hold nothing whole.
using DamageVisitor = absl::FunctionRef<void(
    const ScannedFile& file, uint64_t begin, std::string_view bytes)>;

// KeyValueStore::ScanDamaged() over the table files of one column family. Files
// that are not there any more are passed over. Calls `note_damage` for what is
// damaged in those that were looked through.
rocksdb::Status ScanDamagedFiles(rocksdb::Env* env,
                                 const std::vector<ScannedFile>& files,
                                 const ScanRange& range,
                                 const RecordFinder& find_record,
                                 KeyValueStore::Visitor visit,
                                 DamageVisitor note_damage);

}  // namespace sluice

#endif  // STORAGE_KV_DAMAGED_SCAN_H_
