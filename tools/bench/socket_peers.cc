#include "tools/bench/socket_peers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"

namespace sluice::bench {
namespace {

// What runs behind fork() is in a copy of a process that has threads: it makes
// system calls, and neither allocates nor logs.

absl::Status SystemError(std::string_view what) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", std::string(what), ": ", std::strerror(errno)));
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

absl::StatusOr<PeerProcess> Fork(absl::FunctionRef<void()> run) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return SystemError("start a process");
  if (pid > 0) return PeerProcess(pid);
  // The parent may have ended by now.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) run();
  ::_exit(0);
}

bool WriteAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size =
        ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

uint64_t CountLines(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// The first `lines` lines of `text`.
std::string_view FirstLines(std::string_view text, uint64_t lines) {
  size_t end = 0;
  for (uint64_t i = 0; i < lines; ++i) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

void SendLines(int socket, std::string_view text, uint64_t times,
               std::string_view rest) {
  for (uint64_t i = 0; i < times; ++i) {
    if (!WriteAll(socket, text)) return;
  }
  if (!WriteAll(socket, rest)) return;
  ::shutdown(socket, SHUT_WR);
  char ignored[256];
  while (::read(socket, ignored, sizeof(ignored)) > 0) {
  }
}

// The server of a LineCounter.
class CountingServer {
 public:
  CountingServer(int listener, int told, uint64_t lines)
      : listener_(listener), told_(told), lines_(lines) {
    polled_[0] = {.fd = listener_, .events = POLLIN, .revents = 0};
    for (size_t i = 1; i < polled_.size(); ++i) {
      polled_[i] = {.fd = -1, .events = POLLIN, .revents = 0};
    }
  }

  void Run() {
    for (;;) {
      if (::poll(polled_.data(), polled_.size(), -1) < 0 && errno != EINTR) {
        return;
      }
      for (size_t i = 1; i < polled_.size(); ++i) {
        if (polled_[i].fd >= 0 && polled_[i].revents != 0) Read(i);
      }
      if (polled_[0].revents != 0) Accept();
    }
  }

 private:
  static constexpr size_t kConnections = 64;
  static constexpr size_t kHeadBytes = 8 << 10;
  static constexpr size_t kReadBytes = 256 << 10;
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  // Of the request that is read.
  struct Connection {
    std::array<char, kHeadBytes> head;
    size_t head_size = 0;
    uint64_t body_left = 0;
  };

  void Accept() {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    for (size_t i = 1; i < polled_.size(); ++i) {
      if (polled_[i].fd >= 0) continue;
      polled_[i].fd = socket;
      connections_[i - 1].head_size = 0;
      connections_[i - 1].body_left = 0;
      return;
    }
    ::close(socket);
  }

  void Read(size_t i) {
    const int socket = polled_[i].fd;
    const ssize_t size = ::read(socket, buffer_.data(), buffer_.size());
    if (size > 0 && Take(socket, &connections_[i - 1],
                         {buffer_.data(), static_cast<size_t>(size)})) {
      return;
    }
    ::close(socket);
    polled_[i].fd = -1;
  }

  // False: the connection cannot go on.
  bool Take(int socket, Connection* connection, std::string_view bytes) {
    while (!bytes.empty()) {
      if (connection->body_left == 0) {
        if (!TakeHead(connection, &bytes)) return false;
        if (connection->head_size > 0) continue;
      }
      const std::string_view part = bytes.substr(0, connection->body_left);
      bytes.remove_prefix(part.size());
      connection->body_left -= part.size();
      Count(CountLines(part));
      if (connection->body_left == 0 && !WriteAll(socket, kAnswer)) {
        return false;
      }
    }
    return true;
  }

  // Takes bytes of a head; head_size is 0 again once it is whole.
  static bool TakeHead(Connection* connection, std::string_view* bytes) {
    constexpr std::string_view kEnd = "\r\n\r\n";
    char* const head = connection->head.data();
    const size_t before = connection->head_size;
    // The last byte is for a zero.
    const size_t taken = std::min(bytes->size(), kHeadBytes - 1 - before);
    if (taken == 0) return false;
    std::memcpy(head + before, bytes->data(), taken);
    const std::string_view seen(head, before + taken);
    const size_t end = seen.find(kEnd);
    if (end == seen.npos) {
      connection->head_size = seen.size();
      bytes->remove_prefix(taken);
      return true;
    }
    head[end] = '\0';
    const char* const length = ::strcasestr(head, "content-length:");
    if (length == nullptr) return false;
    connection->body_left =
        std::strtoull(length + std::strlen("content-length:"), nullptr, 10);
    connection->head_size = 0;
    bytes->remove_prefix(end + kEnd.size() - before);
    return true;
  }

  void Count(uint64_t lines) {
    const bool before = counted_ < lines_;
    counted_ += lines;
    if (before && counted_ >= lines_ && ::write(told_, "!", 1) < 0) {
      ::_exit(1);
    }
  }

  const int listener_;
  const int told_;
  const uint64_t lines_;
  uint64_t counted_ = 0;
  std::array<pollfd, kConnections + 1> polled_;
  std::array<Connection, kConnections> connections_;
  std::array<char, kReadBytes> buffer_;
};

// A socket that listens at a port of 127.0.0.1.
absl::StatusOr<int> Listen(uint16_t* port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return SystemError("make a socket");
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) < 0 || ::listen(listener, 64) < 0 ||
      ::getsockname(listener, any, &size) < 0) {
    absl::Status status = SystemError("listen on 127.0.0.1");
    ::close(listener);
    return status;
  }
  *port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

PeerProcess::PeerProcess(PeerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)) {}

PeerProcess::~PeerProcess() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

absl::StatusOr<PeerProcess> StartLineSender(uint16_t port,
                                            std::string_view text,
                                            uint64_t lines) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return SystemError("make a socket");
  const sockaddr_in address = Loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) < 0) {
    absl::Status status =
        SystemError(absl::StrCat("connect to port ", port, " of 127.0.0.1"));
    ::close(socket);
    return status;
  }
  const uint64_t in_text = CountLines(text);
  const std::string_view rest = FirstLines(text, lines % in_text);
  auto process = Fork([&] { SendLines(socket, text, lines / in_text, rest); });
  ::close(socket);
  return process;
}

LineCounter::LineCounter(uint16_t port, int told, PeerProcess process)
    : port_(port), told_(told), process_(std::move(process)) {}

LineCounter::LineCounter(LineCounter&& other) noexcept
    : port_(other.port_),
      told_(std::exchange(other.told_, -1)),
      process_(std::move(other.process_)) {}

LineCounter::~LineCounter() {
  if (told_ >= 0) ::close(told_);
}

absl::StatusOr<LineCounter> LineCounter::Start(uint64_t lines) {
  uint16_t port = 0;
  const absl::StatusOr<int> listener = Listen(&port);
  if (!listener.ok()) return listener.status();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) {
    absl::Status status = SystemError("make a pipe");
    ::close(*listener);
    return status;
  }
  // Made here, because the other process must not allocate.
  const auto server =
      std::make_unique<CountingServer>(*listener, ends[1], lines);
  auto process = Fork([&] {
    ::close(ends[0]);
    server->Run();
  });
  ::close(*listener);
  ::close(ends[1]);
  if (!process.ok()) {
    ::close(ends[0]);
    return process.status();
  }
  return LineCounter(port, ends[0], *std::move(process));
}

bool LineCounter::Wait() {
  char byte = 0;
  ssize_t size = 0;
  do {
    size = ::read(told_, &byte, 1);
  } while (size < 0 && errno == EINTR);
  return size == 1;
}

}  // namespace sluice::bench
