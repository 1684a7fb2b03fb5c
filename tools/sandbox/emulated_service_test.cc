#include "tools/sandbox/emulated_service.h"

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/loopback_client.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/feed/feed_emulator.h"
#include "tools/sandbox/inthing/inthing_emulator.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class EmulatedServiceTest : public ::testing::Test {
 protected:
  // All that a service says to these bytes.
  std::string Say(std::unique_ptr<Emulator> emulator,
                  const std::string& request) {
    const auto service =
        EmulatedService::Start(std::move(emulator), {}, &faults_, &clock_)
            .value();
    uint32_t port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(
        service->url().substr(service->url().rfind(':') + 1), &port));
    LoopbackClient client(static_cast<uint16_t>(port));
    client.Send(request);
    return client.ReadToEnd();
  }
  // The status line of a JSON answer, and its body.
  std::pair<std::string, json::object> Answer(
      std::unique_ptr<Emulator> emulator, const std::string& request) {
    const std::string answer = Say(std::move(emulator), request);
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
    return {
        answer.substr(0, answer.find("\r\n")),
        json::parse(answer.substr(answer.find("\r\n\r\n") + 4)).get_object()};
  }
  static std::string TooLarge(size_t limit) {
    return absl::StrCat("POST /x/ HTTP/1.1\r\nContent-Length: ", limit + 1,
                        "\r\n\r\n");
  }

  Ledger ledger_;
  FaultSwitch faults_;
  SandboxClock clock_;
};

constexpr char kMalformed[] = "POST\r\n\r\n";

TEST_F(EmulatedServiceTest, InthingSaysErrorsOfTheServerInItsOwnWords) {
  const auto emulator = [this] {
    return std::make_unique<InthingEmulator>(InthingOptions(), &ledger_);
  };
  auto [status, body] = Answer(emulator(), TooLarge(size_t{32} << 20));
  EXPECT_EQ(status, "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(body.at("status"), "error");
  EXPECT_EQ(body.at("msg"), "body limit exceeded");
  std::tie(status, body) = Answer(emulator(), kMalformed);
  EXPECT_EQ(status, "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(body.at("status"), "error");
}

TEST_F(EmulatedServiceTest, TheFeedServiceSaysErrorsOfTheServerInItsOwnWords) {
  const auto emulator = [this] {
    return std::make_unique<FeedEmulator>(FeedOptions(), &ledger_);
  };
  auto [status, body] = Answer(emulator(), TooLarge(size_t{16} << 20));
  EXPECT_EQ(status, "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(body.at("status_code"), 413);
  EXPECT_EQ(body.at("code"), 18);
  EXPECT_EQ(body.at("exception"), "InputException");
  EXPECT_EQ(body.at("detail"), "body limit exceeded");
  EXPECT_TRUE(body.contains("duration"));
  std::tie(status, body) = Answer(emulator(), kMalformed);
  EXPECT_EQ(status, "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(body.at("status_code"), 400);
  EXPECT_EQ(body.at("code"), 4);
}

TEST_F(EmulatedServiceTest, DisruptiveSaysErrorsOfTheServerInItsOwnWords) {
  const auto emulator = [this] {
    return std::make_unique<DisruptiveEmulator>(DisruptiveOptions(), &ledger_);
  };
  auto [status, body] = Answer(emulator(), TooLarge(size_t{16} << 20));
  EXPECT_EQ(status, "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(body.at("code"), 413);
  EXPECT_EQ(body.at("error"), "body limit exceeded");
  EXPECT_TRUE(body.contains("help"));
  std::tie(status, body) = Answer(emulator(), kMalformed);
  EXPECT_EQ(status, "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(body.at("code"), 400);
}

TEST_F(EmulatedServiceTest, HangsUpBeforeABodyWhenAsked) {
  faults_.Add({.service = "inthing",
               .kind = FaultKind::kHangUp,
               .method = "POST",
               .count = 1});
  EXPECT_EQ(Say(std::make_unique<InthingEmulator>(InthingOptions(), &ledger_),
                "POST /api/public/ HTTP/1.1\r\nContent-Length: 9\r\n\r\n"),
            "");
  EXPECT_EQ(faults_.fired(), 1);
}

}  // namespace
}  // namespace sluice::sandbox
