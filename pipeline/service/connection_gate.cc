#include "pipeline/service/connection_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "glog/logging.h"
#include "pipeline/net/listen_address.h"
#include "pipeline/topology/admin_spec.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr size_t kUnixPrefixBytes = 5;  // "unix:"
constexpr int kBacklog = 512;
// Of one round; then those that have ended are looked for.
constexpr int kAcceptsPerRound = 16;
// After a round that had to make room, so that what is closed can go before
// more comes; and when file descriptors have run out.
constexpr int kPauseMs = 10;

absl::Status Failed(const std::string& address) {
  return absl::UnavailableError(absl::StrCat(
      "admin: cannot listen at ", address, ": ", std::strerror(errno)));
}

// What a socket is bound to; the length is that of its family.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

absl::StatusOr<SocketAddress> ToSocketAddress(const std::string& address) {
  SocketAddress bound;
  if (IsUnixAddress(address)) {
    auto* local = reinterpret_cast<sockaddr_un*>(&bound.storage);
    local->sun_family = AF_UNIX;
    const std::string path = address.substr(kUnixPrefixBytes);
    if (path.size() >= sizeof(local->sun_path)) {
      errno = ENAMETOOLONG;
      return Failed(address);
    }
    path.copy(local->sun_path, sizeof(local->sun_path) - 1);
    bound.length = sizeof(sockaddr_un);
    return bound;
  }
  SLUICE_ASSIGN_OR_RETURN(const ListenAddress listen,
                          ParseListenAddress(address));
  auto* four = reinterpret_cast<sockaddr_in*>(&bound.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&bound.storage);
  if (inet_pton(AF_INET, listen.address.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(listen.port);
    bound.length = sizeof(sockaddr_in);
  } else {
    inet_pton(AF_INET6, listen.address.c_str(), &six->sin6_addr);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(listen.port);
    bound.length = sizeof(sockaddr_in6);
  }
  return bound;
}

void SetOption(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

// As gRPC names it, but for the brackets that it encodes.
std::string PeerName(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = {};
  if (peer.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(peer);
    inet_ntop(AF_INET, &four.sin_addr, text, sizeof(text));
    return absl::StrCat("ipv4:", text, ":", ntohs(four.sin_port));
  }
  if (peer.ss_family != AF_INET6) return {};
  const auto& six = reinterpret_cast<const sockaddr_in6&>(peer);
  if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
    inet_ntop(AF_INET, &six.sin6_addr.s6_addr[12], text, sizeof(text));
    return absl::StrCat("ipv4:", text, ":", ntohs(six.sin6_port));
  }
  inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof(text));
  return absl::StrCat("ipv6:[", text, "]:", ntohs(six.sin6_port));
}

uint16_t PortOf(int fd) {
  sockaddr_storage bound = {};
  socklen_t length = sizeof(bound);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0) {
    return 0;
  }
  switch (bound.ss_family) {
    case AF_INET:
      return ntohs(reinterpret_cast<const sockaddr_in&>(bound).sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<const sockaddr_in6&>(bound).sin6_port);
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ConnectionGate>> ConnectionGate::Listen(
    const std::string& address, size_t max_connections) {
  std::unique_ptr<ConnectionGate> gate(new ConnectionGate(max_connections));
  SLUICE_RETURN_IF_ERROR(gate->Open(address));
  return gate;
}

absl::Status ConnectionGate::Open(const std::string& address) {
  SLUICE_ASSIGN_OR_RETURN(SocketAddress bound, ToSocketAddress(address));
  const int family = bound.get()->sa_family;
  listener_ = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (listener_ < 0 || stop_ < 0) return Failed(address);
  if (family != AF_UNIX) {
    // Of a server that has just ended; never of one that serves.
    SetOption(listener_, SOL_SOCKET, SO_REUSEADDR, 1);
    // Connections inherit it.
    SetOption(listener_, IPPROTO_TCP, TCP_NODELAY, 1);
  }
  if (family == AF_INET6) SetOption(listener_, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(listener_, bound.get(), bound.length) != 0 ||
      listen(listener_, kBacklog) != 0) {
    return Failed(address);
  }
  port_ = PortOf(listener_);
  return absl::OkStatus();
}

ConnectionGate::~ConnectionGate() {
  Stop();
  if (stop_ >= 0) close(stop_);
  absl::MutexLock lock(&mu_);
  for (const Connection& connection : connections_) close(connection.fd);
}

void ConnectionGate::Stop() {
  if (thread_.joinable()) {
    eventfd_write(stop_, 1);
    thread_.join();
  }
  if (listener_ >= 0) close(std::exchange(listener_, -1));
}

void ConnectionGate::Start(Take take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionGate::Trust(std::string_view peer) {
  const std::string name =
      absl::StrReplaceAll(ToAbsl(peer), {{"%5B", "["}, {"%5D", "]"}});
  absl::MutexLock lock(&mu_);
  for (Connection& connection : connections_) {
    if (connection.peer == name) connection.trusted = true;
  }
}

size_t ConnectionGate::connections() const {
  absl::MutexLock lock(&mu_);
  return connections_.size();
}

void ConnectionGate::Run() {
  pthread_setname_np(pthread_self(), "admin-gate");
  while (Wait()) {
    {
      absl::MutexLock lock(&mu_);
      ForgetEnded();
    }
    pause_ = !AcceptSome();
  }
}

bool ConnectionGate::Wait() {
  std::vector<pollfd> polled = {{stop_, POLLIN, 0}};
  if (!pause_) {
    polled.push_back({listener_, POLLIN, 0});
    absl::MutexLock lock(&mu_);
    for (const Connection& connection : connections_) {
      // Only its end is of interest, which is always told.
      polled.push_back({connection.fd, 0, 0});
    }
  }
  const int told = poll(polled.data(), polled.size(), pause_ ? kPauseMs : -1);
  return told <= 0 || polled.front().revents == 0;
}

void ConnectionGate::ForgetEnded() {
  const auto ended = [](const Connection& connection) {
    pollfd polled = {connection.fd, 0, 0};
    if (poll(&polled, 1, 0) <= 0) return false;
    close(connection.fd);
    return true;
  };
  connections_.erase(
      std::remove_if(connections_.begin(), connections_.end(), ended),
      connections_.end());
}

bool ConnectionGate::AcceptSome() {
  bool was_full = false;
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    sockaddr_storage peer = {};
    socklen_t length = sizeof(peer);
    const int fd = accept4(listener_, reinterpret_cast<sockaddr*>(&peer),
                           &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      // Nobody waits, or who waited has gone; else there is no room for one.
      const int error = errno;
      const bool scarce = error == EMFILE || error == ENFILE ||
                          error == ENOBUFS || error == ENOMEM;
      LOG_IF_EVERY_N(WARNING, scarce, 1000)
          << "admin: cannot accept a connection: " << std::strerror(error);
      return !scarce && !was_full;
    }
    was_full = was_full || connections() >= max_connections_;
    Admit(fd, PeerName(peer));
  }
  return !was_full;
}

void ConnectionGate::Admit(int fd, std::string peer) {
  const int watched = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  {
    absl::MutexLock lock(&mu_);
    if (watched < 0 || !MakeRoom()) {
      if (watched >= 0) close(watched);
      close(fd);
      return;
    }
    connections_.push_back({watched, std::move(peer), false});
  }
  take_(fd);
}

bool ConnectionGate::MakeRoom() {
  if (connections_.size() < max_connections_) return true;
  ForgetEnded();
  if (connections_.size() < max_connections_) return true;
  const auto stranger =
      std::find_if(connections_.begin(), connections_.end(),
                   [](const Connection& each) { return !each.trusted; });
  if (stranger == connections_.end()) return false;
  // Who took it reads the end of it.
  shutdown(stranger->fd, SHUT_RDWR);
  close(stranger->fd);
  connections_.erase(stranger);
  return true;
}

}  // namespace sluice
