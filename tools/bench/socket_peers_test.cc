#include "tools/bench/socket_peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/free_port.h"
#include "tests/testing/loopback_client.h"

namespace sluice::bench {
namespace {

std::string Post(const std::string& body) {
  return absl::StrCat("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ",
                      body.size(), "\r\n\r\n", body);
}

TEST(LineCounterTest, CountsLinesOfBodiesHoweverTheyAreCut) {
  auto counter = LineCounter::Start(5);
  ASSERT_TRUE(counter.ok()) << counter.status();
  LoopbackClient first(counter->port());
  LoopbackClient second(counter->port());
  // Line feeds of heads do not count.
  for (const char c : Post("a\nb\n")) {
    ASSERT_TRUE(first.Send(std::string(1, c)));
  }
  EXPECT_EQ(first.ReadAnswer().substr(0, 15), "HTTP/1.1 200 OK");
  ASSERT_TRUE(second.Send(Post("no line") + Post("") + Post("c\nd")));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(second.ReadAnswer().substr(0, 15), "HTTP/1.1 200 OK");
  }
  ASSERT_TRUE(first.Send(Post("e\nf\n")));
  EXPECT_TRUE(counter->Wait());
  EXPECT_EQ(first.ReadAnswer().substr(0, 15), "HTTP/1.1 200 OK");
}

TEST(LineCounterTest, ClosesAConnectionThatItDoesNotUnderstand) {
  auto counter = LineCounter::Start(1);
  ASSERT_TRUE(counter.ok()) << counter.status();
  LoopbackClient chunked(counter->port());
  ASSERT_TRUE(chunked.Send("POST / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(chunked.ReadToEnd(), "");
  LoopbackClient endless(counter->port());
  endless.Send(std::string(20'000, 'x'));
  EXPECT_EQ(endless.ReadToEnd(), "");
}

// The one connection that somebody makes to a listening socket, read to its
// end.
class OneConnection {
 public:
  OneConnection() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    socklen_t size = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, any, size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~OneConnection() { ::close(listener_); }

  uint16_t port() const { return port_; }

  std::string ReadToEnd() const {
    const int socket = ::accept(listener_, nullptr, nullptr);
    std::string all;
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::read(socket, buffer, sizeof(buffer))) > 0) {
      all.append(buffer, static_cast<size_t>(size));
    }
    ::close(socket);
    return all;
  }

 private:
  const int listener_;
  uint16_t port_ = 0;
};

TEST(LineSenderTest, SendsTheLinesOverAndOver) {
  const OneConnection connection;
  const auto sender = StartLineSender(connection.port(), "a\nbb\nccc\n", 8);
  ASSERT_TRUE(sender.ok()) << sender.status();
  EXPECT_EQ(connection.ReadToEnd(), "a\nbb\nccc\na\nbb\nccc\na\nbb\n");
}

TEST(LineSenderTest, SaysThatNobodyListens) {
  const auto sender = StartLineSender(FreePort(), "a\n", 1);
  EXPECT_EQ(sender.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sluice::bench
