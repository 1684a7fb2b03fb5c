#include "tests/testing/loopback_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace sluice {
namespace {

int Connect(uint16_t port, bool ipv6) {
  const int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  const int failed =
      ipv6 ? connect(fd, reinterpret_cast<sockaddr*>(&v6), sizeof(v6))
           : connect(fd, reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
  if (failed == 0) {
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
  }
  close(fd);
  return -1;
}

}  // namespace

LoopbackClient::LoopbackClient(uint16_t port, bool ipv6)
    : fd_(Connect(port, ipv6)) {}

LoopbackClient::~LoopbackClient() {
  if (fd_ >= 0) close(fd_);
}

bool LoopbackClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void LoopbackClient::FinishSending() { shutdown(fd_, SHUT_WR); }

bool LoopbackClient::Receive() {
  char piece[16 << 10];
  for (;;) {
    const ssize_t got = recv(fd_, piece, sizeof(piece), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got > 0) {
      received_.append(piece, static_cast<size_t>(got));
      return true;
    }
    was_reset_ = got < 0 && errno == ECONNRESET;
    at_end_ = got == 0 || was_reset_;
    return false;
  }
}

std::string LoopbackClient::ReadUntil(std::string_view mark) {
  for (size_t searched = 0;;) {
    const size_t at = received_.find(mark, searched);
    if (at != std::string::npos) {
      std::string text = received_.substr(0, at + mark.size());
      received_.erase(0, text.size());
      return text;
    }
    // A mark may have begun in what is there.
    searched = received_.size() - std::min(received_.size(), mark.size());
    if (!Receive()) return std::exchange(received_, {});
  }
}

std::string LoopbackClient::ReadToEnd() {
  while (Receive()) {
  }
  return std::exchange(received_, {});
}

std::string LoopbackClient::ReadAnswer() {
  std::string answer = ReadUntil("\r\n\r\n");
  const size_t at = answer.find("Content-Length: ");
  if (at == std::string::npos) return answer;
  const size_t length = std::strtoul(answer.c_str() + at + 16, nullptr, 10);
  while (received_.size() < length && Receive()) {
  }
  answer.append(received_.substr(0, length));
  received_.erase(0, length);
  return answer;
}

}  // namespace sluice
