#include "storage/kv/rocksdb_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/status.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

absl::StatusCode Code(const rocksdb::Status& status) {
  // A fatal background error stays until the database is opened anew.
  if (status.severity() >= rocksdb::Status::kFatalError) {
    return absl::StatusCode::kDataLoss;
  }
  switch (status.code()) {
    case rocksdb::Status::kOk:
      return absl::StatusCode::kOk;
    case rocksdb::Status::kNotFound:
      return absl::StatusCode::kNotFound;
    case rocksdb::Status::kCorruption:
      return absl::StatusCode::kDataLoss;
    case rocksdb::Status::kIOError:
    case rocksdb::Status::kBusy:
    case rocksdb::Status::kTryAgain:
    case rocksdb::Status::kTimedOut:
    case rocksdb::Status::kAborted:
    case rocksdb::Status::kIncomplete:
    case rocksdb::Status::kShutdownInProgress:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status TranslateRocksDbStatus(const rocksdb::Status& status,
                                    std::string_view attempted) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(Code(status),
                      absl::StrCat(ToAbsl(attempted), ": ", status.ToString()));
}

// RocksDB has no code for this; the words are those of env/fs_posix.cc.
bool IsLockHeld(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (absl::StrContains(text, "While lock file") ||
                                absl::StrContains(text, "lock hold by"));
}

}  // namespace sluice
