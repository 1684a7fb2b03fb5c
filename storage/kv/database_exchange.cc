#include "storage/kv/database_exchange.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "storage/kv/env_files.h"

namespace sluice {
namespace {

// Files that say how far the exchange is: the replacement counts, and the files
// of the old database are deleted; they are, and those of the new one move.
constexpr char kReady[] = "READY";
constexpr char kMoving[] = "MOVING";
// Says which files count, so it moves last.
constexpr char kCurrent[] = "CURRENT";

bool IsDatabaseFile(const std::string& name) {
  for (const char* ending : {".sst", ".log", ".repaired", ".dbtmp"}) {
    if (absl::EndsWith(name, ending)) return true;
  }
  return name == kCurrent || name == "IDENTITY" ||
         absl::StartsWith(name, "MANIFEST-") ||
         absl::StartsWith(name, "OPTIONS-");
}

class Exchange {
 public:
  Exchange(rocksdb::Env* env, const std::string& path)
      : env_(*env), path_(path), made_(ReplacementFolder(path)) {}

  rocksdb::Status Finish() {
    const rocksdb::Status status = env_.FileExists(made_);
    if (status.IsNotFound()) return rocksdb::Status::OK();
    if (!status.ok()) return status;
    std::vector<std::string> names;
    const rocksdb::Status listed = Children(made_, &names);
    if (!listed.ok()) return listed;
    if (Has(names, kMoving)) return MoveFiles();
    return Has(names, kReady) ? Replace() : Discard();
  }

  bool IsPending() {
    std::vector<std::string> names;
    return Children(made_, &names).ok() &&
           (Has(names, kReady) || Has(names, kMoving));
  }

  rocksdb::Status Begin() {
    rocksdb::Status status = rocksdb::WriteStringToFile(
        &env_, "", absl::StrCat(made_, "/", kReady), /*should_sync=*/true);
    if (status.ok()) status = SyncFolder(&env_, made_);
    if (status.ok()) status = SyncFolder(&env_, path_);
    return status.ok() ? Replace() : status;
  }

 private:
  // Of a list: an error of the disk must not look like a file that is not
  // there.
  static bool Has(const std::vector<std::string>& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  rocksdb::Status Children(const std::string& folder,
                           std::vector<std::string>* names) {
    const rocksdb::Status status = env_.GetChildren(folder, names);
    std::erase_if(*names, [](const std::string& name) {
      return name == "." || name == "..";
    });
    return status;
  }

  rocksdb::Status Discard() {
    std::vector<std::string> names;
    rocksdb::Status status = Children(made_, &names);
    for (const std::string& name : names) {
      if (status.ok()) {
        status = env_.DeleteFile(absl::StrCat(made_, "/", name));
      }
    }
    if (!status.ok()) return status;
    return env_.DeleteDir(made_);
  }

  rocksdb::Status Replace() {
    std::vector<std::string> names;
    rocksdb::Status status = Children(path_, &names);
    for (const std::string& name : names) {
      if (status.ok() && IsDatabaseFile(name)) {
        status = env_.DeleteFile(absl::StrCat(path_, "/", name));
      }
    }
    if (status.ok()) status = SyncFolder(&env_, path_);
    if (status.ok()) {
      status = env_.RenameFile(absl::StrCat(made_, "/", kReady),
                               absl::StrCat(made_, "/", kMoving));
    }
    if (status.ok()) status = SyncFolder(&env_, made_);
    return status.ok() ? MoveFiles() : status;
  }

  rocksdb::Status MoveFiles() {
    std::vector<std::string> names;
    rocksdb::Status status = Children(made_, &names);
    std::sort(names.begin(), names.end(),
              [](const std::string& a, const std::string& b) {
                return (a == kCurrent) < (b == kCurrent);
              });
    for (const std::string& name : names) {
      if (!status.ok()) return status;
      if (!IsDatabaseFile(name)) continue;
      if (name == kCurrent) status = SyncFolder(&env_, path_);
      if (status.ok()) {
        status = env_.RenameFile(absl::StrCat(made_, "/", name),
                                 absl::StrCat(path_, "/", name));
      }
    }
    if (status.ok()) status = SyncFolder(&env_, path_);
    return status.ok() ? Discard() : status;
  }

  rocksdb::Env& env_;
  const std::string& path_;
  const std::string made_;
};

}  // namespace

std::string ReplacementFolder(const std::string& path) {
  return path + "/rebuilding";
}

bool IsExchangePending(rocksdb::Env* env, const std::string& path) {
  return Exchange(env, path).IsPending();
}

rocksdb::Status FinishExchange(rocksdb::Env* env, const std::string& path) {
  return Exchange(env, path).Finish();
}

rocksdb::Status ExchangeDatabase(rocksdb::Env* env, const std::string& path) {
  return Exchange(env, path).Begin();
}

}  // namespace sluice
