// Folders and small files by way of rocksdb::Env, so that tests can stand in
// for the disk.
#ifndef STORAGE_KV_ENV_FILES_H_
#define STORAGE_KV_ENV_FILES_H_

#include <string>
#include <string_view>

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace sluice {

// Makes the folder `path` and those above it, as far as they are not there.
rocksdb::Status MakeFolders(rocksdb::Env* env, const std::string& path);

// Makes what was done to the names in `folder` survive loss of power.
rocksdb::Status SyncFolder(rocksdb::Env* env, const std::string& folder);

// Puts a file with `bytes` in place of `<folder>/<name>`, synced: loss of power
// leaves the old one as it was, or the new one.
rocksdb::Status ReplaceFile(rocksdb::Env* env, const std::string& folder,
                            const std::string& name, std::string_view bytes);

// Writes `<path>/quarantine/<name>`, synced. What is there already under that
// name stays, and the new file gets a number behind its name.
rocksdb::Status WriteQuarantine(rocksdb::Env* env, const std::string& path,
                                std::string_view name, std::string_view bytes);

}  // namespace sluice

#endif  // STORAGE_KV_ENV_FILES_H_
