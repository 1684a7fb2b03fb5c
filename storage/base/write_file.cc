#include "storage/base/write_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr mode_t kMode = 0600;

absl::Status Error(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int file, const std::string& path,
                      std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error(path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(file) == 0 ? absl::OkStatus() : Error(path);
}

absl::Status WriteNew(const std::string& path, std::string_view bytes) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (file < 0) return Error(path);
  const absl::Status status = WriteAll(file, path, bytes);
  close(file);
  return status;
}

// A name lasts only once its folder is on the disk.
absl::Status SyncFolder(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const int folder = open(parent.empty() ? "." : parent.c_str(),
                          O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Error(parent);
  const auto close_folder = absl::MakeCleanup([folder] { close(folder); });
  return fsync(folder) == 0 ? absl::OkStatus() : Error(parent);
}

}  // namespace

absl::Status WriteFile(const std::string& path, std::string_view bytes) {
  const std::string fresh = absl::StrCat(path, ".new");
  auto remove = absl::MakeCleanup([&fresh] { unlink(fresh.c_str()); });
  SLUICE_RETURN_IF_ERROR(WriteNew(fresh, bytes));
  if (rename(fresh.c_str(), path.c_str()) != 0) return Error(path);
  std::move(remove).Cancel();
  return SyncFolder(path);
}

}  // namespace sluice
