#include "tests/testing/loopback_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// A socket that listens on a free port of 127.0.0.1.
class LoopbackClientTest : public ::testing::Test {
 protected:
  LoopbackClientTest() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, any, size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~LoopbackClientTest() override { close(listener_); }

  int listener_;
  uint16_t port_ = 0;
};

TEST_F(LoopbackClientTest, ReadsPieceByPieceToTheEnd) {
  LoopbackClient client(port_);
  ASSERT_TRUE(client.connected());
  const int peer = accept(listener_, nullptr, nullptr);
  constexpr char kText[] = "Content-Length: 2\r\n\r\nokone;two;rest";
  ASSERT_EQ(send(peer, kText, sizeof(kText) - 1, 0),
            static_cast<ssize_t>(sizeof(kText) - 1));
  close(peer);
  EXPECT_EQ(client.ReadAnswer(), "Content-Length: 2\r\n\r\nok");
  EXPECT_EQ(client.ReadUntil(";"), "one;");
  EXPECT_EQ(client.ReadUntil(";"), "two;");
  EXPECT_FALSE(client.at_end());
  EXPECT_EQ(client.ReadToEnd(), "rest");
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(LoopbackClientTest, TellsAResetFromAnEnd) {
  LoopbackClient client(port_);
  const int peer = accept(listener_, nullptr, nullptr);
  const linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(peer);
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.was_reset());
}

TEST_F(LoopbackClientTest, IsNotConnectedWhereNobodyListens) {
  close(listener_);
  EXPECT_FALSE(LoopbackClient(port_).connected());
}

}  // namespace
}  // namespace sluice
