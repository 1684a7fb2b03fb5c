#include "plugins/inthing/local_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "plugins/inthing/inthing_error.h"
#include "storage/base/to_absl.h"

namespace sluice::inthing {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;

absl::Status SystemError(const std::string& path) {
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return FileError(absl::StatusCode::kNotFound, path, "no such file");
    case EACCES:
    case EPERM:
      return FileError(absl::StatusCode::kPermissionDenied, path,
                       "may not be read");
    default:
      return FileError(absl::StatusCode::kUnavailable, path, strerror(errno));
  }
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path,
                                    size_t max_bytes) {
  std::string bytes;
  while (true) {
    const size_t size = bytes.size();
    bytes.resize(size + kReadBytes);
    const ssize_t got = read(fd, bytes.data() + size, kReadBytes);
    bytes.resize(size + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path);
    if (bytes.size() > max_bytes) {
      return FileError(
          absl::StatusCode::kOutOfRange, path,
          absl::StrCat("has more than the ", max_bytes, " bytes allowed"));
    }
    if (got == 0) return bytes;
  }
}

}  // namespace

absl::Status FileError(absl::StatusCode code, const std::string& path,
                       std::string_view why) {
  return MakeError(code, absl::StrCat(path, ": ", ToAbsl(why)), v1::Error::IO);
}

absl::StatusOr<std::string> ReadLocalFile(const std::string& path,
                                          size_t max_bytes) {
  if (path == "-") return ReadAll(STDIN_FILENO, "standard input", max_bytes);
  // A pipe without a writer must not be waited for.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return SystemError(path);
  struct stat info;
  absl::StatusOr<std::string> bytes =
      FileError(absl::StatusCode::kInvalidArgument, path, "is no regular file");
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    bytes = ReadAll(fd, path, max_bytes);
  }
  close(fd);
  return bytes;
}

}  // namespace sluice::inthing
