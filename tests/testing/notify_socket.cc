#include "tests/testing/notify_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {

NotifySocket NotifySocket::AtPath() {
  std::string folder = "/tmp/sluice-XXXXXX";
  PCHECK(mkdtemp(folder.data()) != nullptr) << folder;
  return NotifySocket(absl::StrCat(folder, "/notify"));
}

NotifySocket NotifySocket::Abstract(std::string_view name) {
  return NotifySocket(absl::StrCat("@", std::string(name)));
}

NotifySocket::NotifySocket(std::string name)
    : name_(std::move(name)),
      fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  PCHECK(fd_ >= 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  CHECK_LT(name_.size(), sizeof(at.sun_path)) << name_;
  std::memcpy(at.sun_path, name_.data(), name_.size());
  if (at.sun_path[0] == '@') at.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  PCHECK(bind(fd_, reinterpret_cast<const sockaddr*>(&at), length) == 0)
      << name_;
}

NotifySocket::NotifySocket(NotifySocket&& other) noexcept
    : name_(other.name_), fd_(std::exchange(other.fd_, -1)) {}

NotifySocket::~NotifySocket() {
  if (fd_ < 0) return;
  close(fd_);
  if (name_[0] != '/') return;
  unlink(name_.c_str());
  rmdir(name_.substr(0, name_.rfind('/')).c_str());
}

std::string NotifySocket::Receive(absl::Duration limit) const {
  pollfd ready = {fd_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(limit))) !=
      1) {
    return "";
  }
  char buffer[4096];
  const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
  PCHECK(got >= 0);
  return std::string(buffer, static_cast<size_t>(got));
}

}  // namespace sluice
