#include "storage/kv/env_files.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"

namespace sluice {

rocksdb::Status MakeFolders(rocksdb::Env* env, const std::string& path) {
  rocksdb::Status status;
  for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    status = env->CreateDirIfMissing(path.substr(0, at));
    if (!status.ok() || at == std::string::npos) return status;
  }
}

rocksdb::Status SyncFolder(rocksdb::Env* env, const std::string& folder) {
  std::unique_ptr<rocksdb::Directory> opened;
  const rocksdb::Status status = env->NewDirectory(folder, &opened);
  return status.ok() ? opened->Fsync() : status;
}

rocksdb::Status ReplaceFile(rocksdb::Env* env, const std::string& folder,
                            const std::string& name, std::string_view bytes) {
  const std::string target = absl::StrCat(folder, "/", name);
  const std::string made = target + ".repaired";
  rocksdb::Status status = rocksdb::WriteStringToFile(
      env, rocksdb::Slice(bytes.data(), bytes.size()), made,
      /*should_sync=*/true);
  if (status.ok()) status = env->RenameFile(made, target);
  return status.ok() ? SyncFolder(env, folder) : status;
}

rocksdb::Status WriteQuarantine(rocksdb::Env* env, const std::string& path,
                                std::string_view name, std::string_view bytes) {
  const std::string folder = absl::StrCat(path, "/quarantine");
  rocksdb::Status status = env->CreateDirIfMissing(folder);
  if (!status.ok()) return status;
  const std::string wanted = absl::StrCat(folder, "/", std::string(name));
  std::string file = wanted;
  for (int i = 2; env->FileExists(file).ok(); ++i) {
    file = absl::StrCat(wanted, ".", i);
  }
  return rocksdb::WriteStringToFile(
      env, rocksdb::Slice(bytes.data(), bytes.size()), file,
      /*should_sync=*/true);
}

}  // namespace sluice
