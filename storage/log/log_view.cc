#include "storage/log/log_view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "storage/base/status_macros.h"
#include "storage/kv/rocksdb_store.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// How often to look at a log that somebody changes meanwhile.
constexpr int kTries = 10;

// What is open for a look: limits are those of a configuration, which is not
// known, so nothing may go because of them.
RocksDbLogOptions LookingOptions() {
  RocksDbLogOptions options;
  options.log.max_bytes = uint64_t{1} << 62;
  options.log.retain_time = absl::InfiniteDuration();
  options.log.dedupe_window = absl::InfiniteDuration();
  options.log.dead_letter_max_bytes = 0;
  options.log.dead_letter_max_age = absl::ZeroDuration();
  options.log.tail_bytes = 0;
  // Of a copy; the room that is kept for a full disk goes with it.
  options.memtable_bytes = size_t{8} << 20;
  return options;
}

absl::Status DiskError(const std::string& what, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", error.message()));
}

// RocksDB's own notes, its lock, and what is nothing but room.
bool IsOfNoUse(const std::string& name) {
  return name == "LOCK" || name == "LOG" ||
         absl::StartsWith(name, "LOG.old.") || name == "reserve" ||
         name == "quarantine";
}

// Copies folder `from` to `to`; table files, which nobody ever changes, are
// linked to.
absl::Status CopyFolder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const fs::path target = to / entry.path().filename();
    if (IsOfNoUse(entry.path().filename())) continue;
    if (entry.is_directory(error)) {
      fs::create_directory(target, error);
      if (!error) SLUICE_RETURN_IF_ERROR(CopyFolder(entry.path(), target));
    } else if (entry.path().extension() == ".sst") {
      fs::create_symlink(fs::absolute(entry.path()), target, error);
    } else {
      fs::copy_file(entry.path(), target, error);
      if (!error) {
        fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write,
                        error);
      }
    }
    if (error)
      return DiskError(absl::StrCat("copying ", target.string()), error);
  }
  return error ? DiskError(absl::StrCat("reading ", from.string()), error)
               : absl::OkStatus();
}

}  // namespace

bool IsLogInUse(const std::string& path) {
  const int file = ::open((path + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  // Asks who would be in the way of a lock, and takes none.
  struct flock lock = {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  const bool asked = ::fcntl(file, F_OFD_GETLK, &lock) == 0;
  ::close(file);
  return asked && lock.l_type != F_UNLCK;
}

LogView::LogView(std::string path, Clock* clock)
    : path_(std::move(path)), clock_(clock) {}

LogView::~LogView() {
  log_.reset();
  if (copy_.empty()) return;
  std::error_code ignored;
  fs::remove_all(copy_, ignored);
}

absl::StatusOr<std::unique_ptr<LogView>> LogView::Open(const std::string& path,
                                                       Clock* clock) {
  std::unique_ptr<LogView> view(new LogView(path, clock));
  absl::Status status;
  for (int i = 0; i < kTries; ++i) {
    // What is found while somebody writes counts if it does not go away.
    const bool last = i == kTries - 1;
    view->in_use_ = IsLogInUse(path);
    status = view->OpenInPlace();
    if (status.ok()) return view;
    if (absl::IsDataLoss(status) && (last || !view->in_use_)) {
      status = view->OpenCopy();
      if (status.ok()) return view;
    }
    if (!view->in_use_ ||
        (!absl::IsDataLoss(status) && !absl::IsUnavailable(status))) {
      return status;
    }
  }
  return absl::UnavailableError(absl::StrCat(
      "log \"", path, "\" is being written, and could not be looked at: ",
      std::string(status.message())));
}

// kDataLoss: it has to be repaired.
absl::Status LogView::OpenInPlace() {
  findings_.clear();
  std::error_code error;
  if (!fs::is_directory(path_, error)) {
    return absl::NotFoundError(absl::StrCat("there is no log in ", path_));
  }
  SLUICE_ASSIGN_OR_RETURN(
      findings_, RocksDbStore::CheckFiles(path_, RocksDbStoreOptions()));
  if (!findings_.empty()) return absl::DataLossError(findings_.front().what);
  if (!fs::exists(path_ + "/CURRENT", error)) {
    return absl::NotFoundError(absl::StrCat("there is no log in ", path_));
  }
  RocksDbLogOptions options = LookingOptions();
  options.read_only = true;
  auto opened = RocksDbEventLog::Open(path_, options, clock_);
  if (absl::IsDataLoss(opened.status()) || absl::IsNotFound(opened.status())) {
    findings_.push_back({std::string(opened.status().message())});
    return absl::DataLossError(opened.status().message());
  }
  SLUICE_RETURN_IF_ERROR(opened.status());
  findings_ = (*opened)->damage();
  if (!findings_.empty()) return absl::DataLossError(findings_.front().what);
  log_ = *std::move(opened);
  return absl::OkStatus();
}

absl::Status LogView::Copy() {
  std::error_code error;
  if (copy_.empty()) {
    std::string name = fs::temp_directory_path(error) / "sluice-log-XXXXXX";
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return absl::UnavailableError(absl::StrCat(
          "cannot make a folder for temporary files, ", name, "; see TMPDIR"));
    }
    copy_ = name;
  }
  fs::remove_all(copy_ + "/log", error);
  fs::create_directory(copy_ + "/log", error);
  if (error) return DiskError(absl::StrCat("making ", copy_, "/log"), error);
  return CopyFolder(path_, copy_ + "/log");
}

absl::Status LogView::OpenCopy() {
  SLUICE_RETURN_IF_ERROR(Copy());
  auto opened = RocksDbEventLog::Open(copy_ + "/log", LookingOptions(), clock_);
  const std::vector<std::pair<std::string, std::string>> real_path = {
      {copy_ + "/log", path_}};
  if (!opened.ok()) {
    return absl::Status(
        opened.status().code(),
        absl::StrCat(
            "the log is damaged, and a copy of it cannot be repaired: ",
            absl::StrReplaceAll(opened.status().message(), real_path)));
  }
  log_ = *std::move(opened);
  for (const Damage& damage : log_->damage()) {
    // The others say how it was put right.
    if (damage.loss == Damage::Loss::kNone) continue;
    std::string told = absl::StrReplaceAll(damage.what, real_path);
    if (std::none_of(
            findings_.begin(), findings_.end(),
            [&](const Damage& finding) { return finding.what == told; })) {
      findings_.push_back({std::move(told), damage.loss});
    }
  }
  return log_->Flush(Durability::kBuffered);
}

absl::StatusOr<LogCheck> LogView::Check(
    const std::function<void(double)>& progress) {
  SLUICE_ASSIGN_OR_RETURN(LogCheck check,
                          CheckTables(log_->tables(), progress));
  const auto lost = log_->found_losses();
  check.newly_lost.insert(check.newly_lost.begin(), lost.begin(), lost.end());
  return check;
}

}  // namespace sluice
