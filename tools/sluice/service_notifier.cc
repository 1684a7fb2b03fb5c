#include "tools/sluice/service_notifier.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr timeval kSendTimeout = {5, 0};

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::Status BadVariable(const char* name, const std::string& value,
                         const char* allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": \"", value, "\" is not ", allowed));
}

absl::StatusOr<std::string> SocketAddress(const std::string& socket) {
  // A path of full length has its end at the end of sun_path.
  const bool fits =
      socket.size() > 1 && socket.size() < sizeof(sockaddr_un{}.sun_path);
  if (!fits || (socket[0] != '/' && socket[0] != '@')) {
    return BadVariable("NOTIFY_SOCKET", socket,
                       "the path of a socket, nor @ and an abstract name, of "
                       "at most 107 bytes");
  }
  std::string address = socket;
  if (address[0] == '@') address[0] = '\0';
  return address;
}

absl::StatusOr<absl::Duration> Watchdog(
    const ServiceNotifier::Variables& variables) {
  if (variables.watchdog_usec.empty()) return absl::InfiniteDuration();
  int64_t usec = 0;
  if (!absl::SimpleAtoi(variables.watchdog_usec, &usec) || usec <= 0) {
    return BadVariable("WATCHDOG_USEC", variables.watchdog_usec,
                       "a number of microseconds above 0");
  }
  int64_t pid = getpid();
  if (!variables.watchdog_pid.empty() &&
      !absl::SimpleAtoi(variables.watchdog_pid, &pid)) {
    return BadVariable("WATCHDOG_PID", variables.watchdog_pid,
                       "the number of a process");
  }
  // Meant for a process that started us, and inherited.
  if (pid != getpid()) return absl::InfiniteDuration();
  return absl::Microseconds(usec);
}

absl::Status CannotSend() {
  return absl::UnavailableError(
      absl::StrCat("cannot tell the service manager: ", std::strerror(errno)));
}

}  // namespace

ServiceNotifier::Variables ServiceNotifier::FromEnvironment() {
  return {Variable("NOTIFY_SOCKET"), Variable("WATCHDOG_USEC"),
          Variable("WATCHDOG_PID")};
}

absl::StatusOr<ServiceNotifier> ServiceNotifier::Create(
    const Variables& variables) {
  ServiceNotifier notifier;
  if (variables.notify_socket.empty()) return notifier;
  SLUICE_ASSIGN_OR_RETURN(notifier.address_,
                          SocketAddress(variables.notify_socket));
  SLUICE_ASSIGN_OR_RETURN(notifier.watchdog_, Watchdog(variables));
  return notifier;
}

absl::Status ServiceNotifier::Notify(std::string_view lines) const {
  if (!enabled()) return absl::OkStatus();
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return CannotSend();
  const auto close_fd = absl::MakeCleanup([fd] { close(fd); });
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof(kSendTimeout));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  // An abstract name is as long as the address says; a path may be, too.
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  if (sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&to), length) < 0) {
    return CannotSend();
  }
  return absl::OkStatus();
}

}  // namespace sluice
