#include "pipeline/net/listen_address.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void ExpectParsed(const char* text, const char* address, uint16_t port) {
  const absl::StatusOr<ListenAddress> listen = ParseListenAddress(text);
  ASSERT_TRUE(listen.ok()) << text << ": " << listen.status();
  EXPECT_EQ(listen->address, address) << text;
  EXPECT_EQ(listen->port, port) << text;
}

TEST(ParseListenAddressTest, TakesAddressesWithPorts) {
  ExpectParsed("127.0.0.1:9464", "127.0.0.1", 9464);
  ExpectParsed("0.0.0.0:1", "0.0.0.0", 1);
  ExpectParsed("[::1]:65535", "::1", 65535);
  ExpectParsed("[::]:0", "::", 0);
}

TEST(ParseListenAddressTest, APortAloneIsOneOfTheLoopback) {
  ExpectParsed("9464", "127.0.0.1", 9464);
  ExpectParsed("0", "127.0.0.1", 0);
}

TEST(ParseListenAddressTest, RefusesEverythingElse) {
  for (const char* text :
       {"", ":", ":9464", "localhost:9464", "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http",
        "127.1:80", "::1:9464", "[::1]", "[127.0.0.1]:80", "[]:80", "[:80",
        "]:80", "10.0.0.1:80 ", "http://127.0.0.1:80"}) {
    const absl::Status status = ParseListenAddress(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("127.0.0.1:9464"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("localhost")));
  }
}

TEST(ListenAddressTest, KnowsLoopbackAndItsOwnText) {
  for (const char* text : {"127.0.0.1:1", "127.1.2.3:0", "[::1]:65535"}) {
    EXPECT_TRUE(ParseListenAddress(text)->is_loopback()) << text;
    EXPECT_EQ(ParseListenAddress(text)->ToString(), text);
  }
  for (const char* text : {"0.0.0.0:1", "1.2.3.4:5", "[::]:1", "[fe80::1]:1"}) {
    EXPECT_FALSE(ParseListenAddress(text)->is_loopback()) << text;
    EXPECT_EQ(ParseListenAddress(text)->ToString(), text);
  }
  EXPECT_EQ(ParseListenAddress("80")->ToString(), "127.0.0.1:80");
}

}  // namespace
}  // namespace sluice
