// Whether the files of a RocksDB database fit together, found out without
// RocksDB, which would delete what it does not know of.
#ifndef STORAGE_KV_DATABASE_CHECK_H_
#define STORAGE_KV_DATABASE_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/kv/damage.h"
#include "storage/kv/manifest_file.h"

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace sluice {

// A file name like 000012.sst, and back.
std::string NumberedFile(uint64_t number, const std::string& ending);
std::optional<uint64_t> NumberOf(const std::string& name,
                                 const std::string& ending);

// The column families of a database.
struct ExpectedFamilies {
  std::vector<std::string> names;
  // The one whose table files are checked only as far as is needed to find
  // their blocks; others are checked as a whole. Empty: none.
  std::string lazy;
  // The one whose losses are found later, entry by entry.
  std::string accounted;
};

// Looks the database in folder `path` over: that CURRENT names a MANIFEST, that
// this can be read and the table files that it lists are there and can be, and
// that no table file is there with changes that neither those nor the
// write-ahead log have. Appends what it finds to `damage`.
//   IOError: the disk refused.
rocksdb::Status CheckDatabaseFiles(rocksdb::Env* env, const std::string& path,
                                   const ExpectedFamilies& expected,
                                   DamageList* damage);

// Writes CURRENT anew if it is damaged and a MANIFEST can be read. Says so in
// `damage`.
rocksdb::Status RestoreCurrent(rocksdb::Env* env, const std::string& path,
                               DamageList* damage);

// Reads the MANIFEST in folder `path` that CURRENT names, or if that is damaged
// the last that can be read. `manifest` stays empty if there is none.
//   IOError: the disk refused.
rocksdb::Status ReadManifest(rocksdb::Env* env, const std::string& path,
                             std::optional<ManifestFile>* manifest);

}  // namespace sluice

#endif  // STORAGE_KV_DATABASE_CHECK_H_
