#include "pipeline/runtime/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// What is being removed has this behind its name, which no pipeline's name can
// end with.
constexpr char kRemoved[] = ".removed";

// Events may be private, so only the owner reads them.
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

absl::Status MakeDirectories(const std::string& path) {
  fs::path made;
  for (const fs::path& part : fs::path(path)) {
    made /= part;
    if (::mkdir(made.c_str(), kDirectoryMode) == 0 || errno == EEXIST) continue;
    const int error = errno;
    std::error_code ignored;
    if (fs::is_directory(made, ignored)) continue;
    return absl::PermissionDeniedError(absl::StrCat(
        "cannot make the data directory ", path, ": ", std::strerror(error)));
  }
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the data directory ", path, " is not a directory"));
  }
  return absl::OkStatus();
}

std::string PipelinesPath(std::string_view data_dir) {
  return absl::StrCat(std::string(data_dir), "/pipelines");
}

bool IsRemoved(const fs::path& path) { return path.extension() == kRemoved; }

// Best effort: what cannot be removed now is not there for anybody but the next
// attempt.
void EndRemovals(const std::string& data_dir) {
  std::error_code error;
  for (fs::directory_iterator entry(PipelinesPath(data_dir), error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (IsRemoved(entry->path())) fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(
    const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError("data_dir is empty; give a directory");
  }
  SLUICE_RETURN_IF_ERROR(MakeDirectories(path));
  const std::string lock_path = absl::StrCat(path, "/LOCK");
  const int lock =
      ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (lock < 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("the data directory ", path,
                     " cannot be written: ", std::strerror(errno)));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return absl::FailedPreconditionError(absl::StrCat(
        "the data directory ", path, " is used by another process"));
  }
  EndRemovals(path);
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, lock));
}

DataDirectory::~DataDirectory() { ::close(lock_); }

absl::StatusOr<std::string> DataDirectory::LogPath(
    std::string_view name) const {
  std::string log = PipelineLogPath(path_, name);
  SLUICE_RETURN_IF_ERROR(
      MakeDirectories(std::filesystem::path(log).parent_path().string()));
  return log;
}

absl::Status DataDirectory::RemovePipeline(std::string_view name) const {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          PipelinesWithLog(path_));
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return absl::NotFoundError(absl::StrCat("nothing is kept of a pipeline \"",
                                            std::string(name), "\""));
  }
  const std::string kept =
      absl::StrCat(PipelinesPath(path_), "/", std::string(name));
  std::error_code error;
  fs::remove_all(kept + kRemoved, error);
  // In one step: a log that is half there would count as damaged.
  if (!error) fs::rename(kept, kept + kRemoved, error);
  if (!error) fs::remove_all(kept + kRemoved, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot remove ", kept, ": ", error.message()));
}

std::string PipelineLogPath(std::string_view data_dir,
                            std::string_view pipeline) {
  return absl::StrCat(PipelinesPath(data_dir), "/", std::string(pipeline),
                      "/log");
}

absl::StatusOr<std::vector<std::string>> PipelinesWithLog(
    const std::string& data_dir) {
  std::error_code error;
  fs::directory_iterator entries(PipelinesPath(data_dir), error);
  if (error) {
    return absl::NotFoundError(
        absl::StrCat(data_dir, " is no data directory: ", error.message()));
  }
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : entries) {
    std::string name = entry.path().filename().string();
    if (!IsRemoved(entry.path()) &&
        fs::is_directory(PipelineLogPath(data_dir, name), error)) {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ConfigHistoryPath(std::string_view data_dir) {
  return absl::StrCat(std::string(data_dir), "/config");
}

}  // namespace sluice
