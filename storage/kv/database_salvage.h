// Building a RocksDB database anew from whatever its files hold.
#ifndef STORAGE_KV_DATABASE_SALVAGE_H_
#define STORAGE_KV_DATABASE_SALVAGE_H_

#include <map>
#include <string>

#include "storage/kv/damage.h"
#include "storage/kv/record_finder.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Status;
}  // namespace rocksdb

namespace sluice {

struct SalvageTarget {
  rocksdb::DB* db = nullptr;  // An empty database.
  // By name.
  std::map<std::string, rocksdb::ColumnFamilyHandle*> families;
  // The column family whose values `find_record` finds within damaged bytes.
  std::string record_family;
  RecordFinder find_record;  // Null: they stay where they are.
};

// Puts into `target` what the table files and the write-ahead log in folder
// `path` hold, without needing the MANIFEST, or the indexes of table files.
// Bytes that hold nothing whole go to `quarantine`, and are told of in
// `damage`. The files in `path` stay as they are. Nothing is synced: flush
// `target` afterwards.
//
// Where a version that was replaced is still in a file that RocksDB had no time
// to delete, and those that replaced it are gone, it may come back.
rocksdb::Status SalvageDatabase(rocksdb::Env* env, const std::string& path,
                                const SalvageTarget& target,
                                DamageList* damage);

}  // namespace sluice

#endif  // STORAGE_KV_DATABASE_SALVAGE_H_
