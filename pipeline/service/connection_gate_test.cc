#include "pipeline/service/connection_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr int kLimitMs = 30'000;

// A client; closed at the end.
class Socket {
 public:
  explicit Socket(uint16_t port)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address),
                         sizeof(address)) == 0;
  }
  explicit Socket(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address),
                         sizeof(address)) == 0;
  }
  ~Socket() { Close(); }
  Socket(Socket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}

  bool connected() const { return connected_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  // Waits until the other side has closed it.
  bool WaitClosed() const {
    pollfd polled = {fd_, POLLIN, 0};
    char byte;
    return poll(&polled, 1, kLimitMs) == 1 && recv(fd_, &byte, 1, 0) <= 0;
  }
  // The other side keeps it.
  bool IsOpen() const {
    pollfd polled = {fd_, POLLIN, 0};
    return poll(&polled, 1, 0) == 0;
  }
  // As gRPC names it.
  std::string Name() const {
    sockaddr_in address = {};
    socklen_t length = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    return absl::StrCat("ipv4:127.0.0.1:", ntohs(address.sin_port));
  }

 private:
  int fd_;
  bool connected_ = false;
};

// Keeps what a gate hands on, as a server would.
class ConnectionGateTest : public testing::Test {
 protected:
  ~ConnectionGateTest() override {
    gate_.reset();
    for (const int fd : taken_) End(fd);
  }

  void Open(const std::string& address, size_t max_connections) {
    auto gate = ConnectionGate::Listen(address, max_connections);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
    gate_->Start([this](int fd) {
      absl::MutexLock lock(&mu_);
      taken_.push_back(fd);
      ++total_;
    });
  }

  static void End(int fd) {
    shutdown(fd, SHUT_RDWR);
    close(fd);
  }

  // Waits until so many connections have been handed on in all.
  void AwaitTaken(size_t total) {
    absl::MutexLock lock(&mu_);
    const auto enough = [this, total]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return total_ >= total;
    };
    ASSERT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&enough),
                                     absl::Milliseconds(kLimitMs)))
        << total_ << " of " << total;
  }

  // The server ends the oldest one that it has.
  void EndOldest() {
    absl::MutexLock lock(&mu_);
    End(taken_.front());
    taken_.erase(taken_.begin());
  }

  std::unique_ptr<ConnectionGate> gate_;
  absl::Mutex mu_;
  std::vector<int> taken_ ABSL_GUARDED_BY(mu_);
  size_t total_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST_F(ConnectionGateTest, HandsOnWhatComes) {
  Open("127.0.0.1:0", 4);
  ASSERT_NE(gate_->port(), 0);
  const Socket one(gate_->port());
  const Socket two(gate_->port());
  EXPECT_TRUE(one.connected());
  AwaitTaken(2);
  EXPECT_EQ(gate_->connections(), 2u);
  EXPECT_TRUE(one.IsOpen());
}

TEST_F(ConnectionGateTest, TheOldestStrangerMakesRoom) {
  Open("127.0.0.1:0", 3);
  std::vector<Socket> sockets;
  for (size_t i = 0; i < 3; ++i) {
    sockets.emplace_back(gate_->port());
    AwaitTaken(i + 1);
  }
  gate_->Trust(sockets[0].Name());
  const Socket fourth(gate_->port());
  EXPECT_TRUE(sockets[1].WaitClosed());
  AwaitTaken(4);
  EXPECT_TRUE(sockets[0].IsOpen());
  EXPECT_TRUE(sockets[2].IsOpen());
  EXPECT_TRUE(fourth.IsOpen());
  EXPECT_EQ(gate_->connections(), 3u);
}

TEST_F(ConnectionGateTest, WhoIsKnownIsNotClosedForAnybody) {
  Open("127.0.0.1:0", 2);
  std::vector<Socket> known;
  for (size_t i = 0; i < 2; ++i) {
    known.emplace_back(gate_->port());
    AwaitTaken(i + 1);
    gate_->Trust(known.back().Name());
  }
  const Socket refused(gate_->port());
  EXPECT_TRUE(refused.WaitClosed());
  EXPECT_TRUE(known[0].IsOpen());
  EXPECT_TRUE(known[1].IsOpen());
  // Until one of them goes.
  EndOldest();
  EXPECT_TRUE(known[0].WaitClosed());
  const Socket next(gate_->port());
  AwaitTaken(3);
  EXPECT_TRUE(next.IsOpen());
}

TEST_F(ConnectionGateTest, CountsWhatIsOpenOnly) {
  Open("127.0.0.1:0", 2);
  for (size_t i = 0; i < 20; ++i) {
    const Socket one(gate_->port());
    AwaitTaken(i + 1);
    // Trusted, so that nothing else than its end makes room.
    gate_->Trust(one.Name());
    EndOldest();
    ASSERT_TRUE(one.WaitClosed()) << i;
  }
}

TEST_F(ConnectionGateTest, AFloodLeavesTheNewest) {
  Open("127.0.0.1:0", 8);
  std::vector<Socket> flood;
  for (int i = 0; i < 300; ++i) flood.emplace_back(gate_->port());
  AwaitTaken(300);
  EXPECT_LE(gate_->connections(), 8u);
  EXPECT_TRUE(flood.front().WaitClosed());
  EXPECT_TRUE(flood.back().IsOpen());
}

TEST_F(ConnectionGateTest, ServesAUnixSocketToo) {
  char folder[] = "/tmp/connection_gate.XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = absl::StrCat(folder, "/s");
  Open("unix:" + path, 2);
  EXPECT_EQ(gate_->port(), 0);
  std::vector<Socket> sockets;
  for (size_t i = 0; i < 3; ++i) {
    sockets.emplace_back(path);
    AwaitTaken(i + 1);
  }
  EXPECT_TRUE(sockets[0].WaitClosed());
  EXPECT_TRUE(sockets[2].IsOpen());
  std::filesystem::remove_all(folder);
}

TEST_F(ConnectionGateTest, SaysWhyItCannotListen) {
  Open("127.0.0.1:0", 2);
  const absl::Status taken =
      ConnectionGate::Listen(absl::StrCat("127.0.0.1:", gate_->port()), 2)
          .status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(taken.message().find("in use"), absl::string_view::npos) << taken;
  EXPECT_EQ(ConnectionGate::Listen("unix:/nowhere/at/all", 2).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ConnectionGateTest, AcceptsNothingAfterItsEnd) {
  Open("127.0.0.1:0", 2);
  const uint16_t port = gate_->port();
  const Socket kept(port);
  AwaitTaken(1);
  gate_->Stop();
  EXPECT_TRUE(kept.IsOpen());
  gate_->Trust(kept.Name());
  EXPECT_FALSE(Socket(port).connected());
}

}  // namespace
}  // namespace sluice
