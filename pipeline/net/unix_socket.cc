#include "pipeline/net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

absl::Status Wrong(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

// Whether somebody accepts connections at `path`, which exists.
bool IsServed(const std::string& path) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const auto close_probe = absl::MakeCleanup([probe] { close(probe); });
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return connect(probe, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)) == 0;
}

// What a crash left may be replaced; anything else may not.
absl::Status CheckPlace(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " is there and is no socket"));
  }
  if (IsServed(path)) {
    return absl::AlreadyExistsError(
        absl::StrCat("another process serves at ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint32_t> ParseSocketMode(std::string_view text) {
  uint32_t mode = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, mode, 8);
  if (read.ec != std::errc() || read.ptr != end || mode > 0777 ||
      (mode & 0600) != 0600) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text),
                     "\" is not allowed; write octal permissions that include "
                     "0600, e.g. \"0660\""));
  }
  return mode;
}

absl::StatusOr<std::unique_ptr<UnixSocket>> UnixSocket::Prepare(
    std::string path, uint32_t mode) {
  SLUICE_RETURN_IF_ERROR(CheckPlace(path));
  std::unique_ptr<UnixSocket> made(new UnixSocket(std::move(path), mode));
  const size_t slash = made->path_.rfind('/');
  std::string folder = absl::StrCat(
      slash == std::string::npos ? "" : made->path_.substr(0, slash + 1),
      ".XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) {
    return Wrong(made->path_, std::strerror(errno));
  }
  made->folder_ = folder;
  made->bind_path_ = absl::StrCat(folder, "/s");
  if (made->bind_path_.size() >= sizeof(sockaddr_un::sun_path)) {
    return Wrong(made->path_, "the path is too long for a socket");
  }
  return made;
}

UnixSocket::~UnixSocket() {
  unlink(published_ ? path_.c_str() : bind_path_.c_str());
  if (!folder_.empty()) rmdir(folder_.c_str());
}

absl::Status UnixSocket::Publish() {
  if (chmod(bind_path_.c_str(), mode_) != 0 ||
      rename(bind_path_.c_str(), path_.c_str()) != 0) {
    return Wrong(path_, std::strerror(errno));
  }
  published_ = true;
  rmdir(folder_.c_str());
  folder_.clear();
  return absl::OkStatus();
}

}  // namespace sluice
