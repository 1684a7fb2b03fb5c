#include "pipeline/runtime/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// Events may be private, so only the owner reads them.
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

absl::Status MakeDirectories(const std::string& path) {
  namespace fs = std::filesystem;
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

std::string PipelineLogPath(std::string_view data_dir,
                            std::string_view pipeline) {
  return absl::StrCat(std::string(data_dir), "/pipelines/",
                      std::string(pipeline), "/log");
}

std::string ConfigHistoryPath(std::string_view data_dir) {
  return absl::StrCat(std::string(data_dir), "/config");
}

}  // namespace sluice
