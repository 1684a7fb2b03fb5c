#include "plugins/file/rotating_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/status_macros.h"

namespace sluice::file {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;
// Read at a time while looking for the last line feed.
constexpr size_t kScanBytes = 64 << 10;

bool MayPass(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EINTR:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ESTALE:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

std::string Folder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// mkdir -p.
int MakeFolders(const std::string& folder) {
  struct stat info;
  if (stat(folder.c_str(), &info) == 0) {
    return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
  }
  const std::string parent = Folder(folder);
  if (parent != folder) {
    if (int error = MakeFolders(parent); error != 0) return error;
  }
  return mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST ? 0 : errno;
}

// When the file was made, or, where the file system does not keep that, last
// written.
absl::Time BirthOf(int fd) {
  struct statx info;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &info) != 0) {
    return absl::InfiniteFuture();
  }
  const statx_timestamp& stamp =
      (info.stx_mask & STATX_BTIME) != 0 ? info.stx_btime : info.stx_mtime;
  return absl::FromUnixSeconds(stamp.tv_sec) + absl::Nanoseconds(stamp.tv_nsec);
}

}  // namespace

FileCalls FileCalls::Real() {
  return {.write = ::write, .fdatasync = ::fdatasync, .ftruncate = ::ftruncate};
}

RotatingFile::RotatingFile(RotatingFileOptions options, FileCalls calls)
    : options_(std::move(options)), calls_(std::move(calls)) {}

RotatingFile::~RotatingFile() {
  if (absl::Status status = Close(); !status.ok()) {
    LOG(ERROR) << "closing " << options_.path << ": " << status;
  }
}

absl::Status RotatingFile::Open(absl::Time now) {
  if (fd_ >= 0 && IsStillAtPath()) return absl::OkStatus();
  return Reopen(now);
}

absl::Status RotatingFile::Append(std::string_view lines, absl::Time now) {
  SLUICE_RETURN_IF_ERROR(Open(now));
  if (torn_) SLUICE_RETURN_IF_ERROR(TakeBack());
  if (RotationIsDue(lines.size(), now)) SLUICE_RETURN_IF_ERROR(Rotate(now));
  absl::Status status = WriteAll(lines);
  if (status.ok() && options_.sync_each_append && calls_.fdatasync(fd_) != 0) {
    status = Error("syncing", errno);
  }
  if (!status.ok()) {
    torn_ = true;
    // Tried again before the next append if it fails now.
    TakeBack().IgnoreError();
    return status;
  }
  size_ += lines.size();
  if (!options_.sync_each_append) unsynced_ = true;
  return absl::OkStatus();
}

absl::Status RotatingFile::Sync() {
  if (fd_ < 0 || !unsynced_) return absl::OkStatus();
  unsynced_ = false;
  if (calls_.fdatasync(fd_) != 0) return Error("syncing", errno);
  return absl::OkStatus();
}

absl::Status RotatingFile::Close() {
  if (fd_ < 0) return absl::OkStatus();
  if (torn_) TakeBack().IgnoreError();
  absl::Status status = Sync();
  close(std::exchange(fd_, -1));
  torn_ = false;
  return status;
}

absl::Status RotatingFile::Reopen(absl::Time now) {
  SLUICE_RETURN_IF_ERROR(Close());
  if (int error = MakeFolders(Folder(options_.path)); error != 0) {
    return Error("making the folder of", error);
  }
  const char* path = options_.path.c_str();
  constexpr int kFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  bool is_new = false;
  fd_ = open(path, kFlags);
  if (fd_ < 0 && errno == ENOENT) {
    is_new = true;
    fd_ = open(path, kFlags | O_CREAT, kFileMode);
  }
  if (fd_ < 0) return Error("opening", errno);
  absl::Status status = Adopt(now);
  if (status.ok() && is_new) {
    born_ = now;
    if (options_.sync_each_append) status = SyncFolder();
  }
  if (!status.ok()) close(std::exchange(fd_, -1));
  return status;
}

absl::Status RotatingFile::Adopt(absl::Time now) {
  struct stat info;
  if (fstat(fd_, &info) != 0) return Error("examining", errno);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(options_.path, " is not a regular file"));
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error("locking", errno);
    return absl::FailedPreconditionError(absl::StrCat(
        options_.path, " is being written by another sink or process"));
  }
  size_ = info.st_size;
  born_ = size_ == 0 ? now : std::min(now, BirthOf(fd_));
  return CutTornLine();
}

absl::Status RotatingFile::CutTornLine() {
  std::vector<char> block(kScanBytes);
  uint64_t end = size_;
  while (end > 0) {
    const size_t want = std::min<uint64_t>(end, block.size());
    const ssize_t got = pread(fd_, block.data(), want, end - want);
    if (got != static_cast<ssize_t>(want)) {
      return Error("reading the end of", got < 0 ? errno : EIO);
    }
    const void* line_feed = memrchr(block.data(), '\n', want);
    if (line_feed != nullptr) {
      end -= want - 1 - (static_cast<const char*>(line_feed) - block.data());
      break;
    }
    end -= want;
  }
  if (end == size_) return absl::OkStatus();
  LOG(WARNING) << options_.path << ": cut off its last " << size_ - end
               << " bytes, a line without end";
  size_ = end;
  return TakeBack();
}

bool RotatingFile::IsStillAtPath() const {
  struct stat mine;
  struct stat theirs;
  return fstat(fd_, &mine) == 0 && stat(options_.path.c_str(), &theirs) == 0 &&
         mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev;
}

bool RotatingFile::RotationIsDue(size_t more_bytes, absl::Time now) const {
  if (size_ == 0) return false;
  return size_ + more_bytes > options_.max_bytes ||
         now - born_ >= options_.max_age;
}

absl::Status RotatingFile::Rotate(absl::Time now) {
  const char* path = options_.path.c_str();
  if (options_.keep_files == 0) {
    if (unlink(path) != 0) return Error("deleting", errno);
  } else {
    // Files move up only as far as the first free number.
    int last = 1;
    while (last < options_.keep_files &&
           access(Rotated(last).c_str(), F_OK) == 0) {
      ++last;
    }
    for (int number = last; number > 1; --number) {
      if (rename(Rotated(number - 1).c_str(), Rotated(number).c_str()) != 0) {
        return Error("rotating", errno);
      }
    }
    if (rename(path, Rotated(1).c_str()) != 0) return Error("rotating", errno);
  }
  ++rotations_;
  return Reopen(now);
}

absl::Status RotatingFile::WriteAll(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = calls_.write(fd_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error("writing", written < 0 ? errno : ENOSPC);
    lines.remove_prefix(written);
  }
  return absl::OkStatus();
}

absl::Status RotatingFile::TakeBack() {
  if (calls_.ftruncate(fd_, static_cast<off_t>(size_)) != 0) {
    return Error("taking a half-written line back from", errno);
  }
  torn_ = false;
  return absl::OkStatus();
}

absl::Status RotatingFile::SyncFolder() const {
  const int folder =
      open(Folder(options_.path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Error("opening the folder of", errno);
  const absl::Cleanup closer = [folder] { close(folder); };
  if (fsync(folder) != 0) return Error("syncing the folder of", errno);
  return absl::OkStatus();
}

absl::Status RotatingFile::Error(std::string_view action, int error) const {
  const std::string message =
      absl::StrCat(std::string(action), " ", options_.path, ": ",
                   std::generic_category().message(error));
  return MayPass(error) ? absl::UnavailableError(message)
                        : absl::FailedPreconditionError(message);
}

std::string RotatingFile::Rotated(int number) const {
  return absl::StrCat(options_.path, ".", number);
}

}  // namespace sluice::file
