#include "tests/fault/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::fault {
namespace {

absl::Status Failure(absl::StatusCode code, std::string_view what) {
  return absl::Status(
      code, absl::StrCat(std::string(what), ": ", std::strerror(errno)));
}

bool WriteFile(const char* path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return file.good();
}

// Root in a user namespace of our own, which may mount what concerns nobody
// else.
absl::Status BecomeRoot() {
  const std::string user = absl::StrCat("0 ", ::geteuid(), " 1");
  const std::string group = absl::StrCat("0 ", ::getegid(), " 1");
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return Failure(absl::StatusCode::kUnimplemented, "a user namespace");
  }
  if (!WriteFile("/proc/self/uid_map", user) ||
      !WriteFile("/proc/self/setgroups", "deny") ||
      !WriteFile("/proc/self/gid_map", group)) {
    return Failure(absl::StatusCode::kUnimplemented, "becoming its root");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AllowMounts() {
  if (::unshare(CLONE_NEWNS) != 0) {
    if (absl::Status status = BecomeRoot(); !status.ok()) return status;
  }
  // Nothing of what follows shall be seen outside.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Failure(absl::StatusCode::kUnimplemented, "private mounts");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(
    const std::string& folder, uint64_t bytes) {
  std::filesystem::create_directories(folder);
  const std::string size = absl::StrCat("size=", bytes);
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    return Failure(absl::StatusCode::kUnavailable, "mounting a tmpfs");
  }
  return std::unique_ptr<SmallDisk>(new SmallDisk(folder));
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

absl::Status SmallDisk::Fill() {
  const int file =
      ::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Failure(absl::StatusCode::kUnavailable, "the filler");
  std::string zeros(size_t{1} << 20, '\0');
  ::lseek(file, 0, SEEK_END);
  while (!zeros.empty()) {
    if (::write(file, zeros.data(), zeros.size()) < 0) {
      if (errno != ENOSPC) break;
      zeros.resize(zeros.size() / 2);  // What is left is smaller than that.
    }
  }
  ::close(file);
  return zeros.empty() ? absl::OkStatus()
                       : Failure(absl::StatusCode::kUnavailable, "filling");
}

void SmallDisk::Free() { ::unlink(filler().c_str()); }

}  // namespace sluice::fault
