#include "tools/sandbox/sandbox.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/http/http_loop.h"
#include "tests/testing/loopback_client.h"
#include "tests/testing/test_certificates.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

uint16_t PortOf(const std::string& url) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(url.substr(url.rfind(':') + 1), &port)) << url;
  return static_cast<uint16_t>(port);
}

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() {
    SandboxOptions options;
    options.disruptive.devices = 5;
    options.disruptive.cloud.history.indexing_delay = absl::ZeroDuration();
    options.on_shutdown = [this] { shutdown_.Notify(); };
    sandbox_ = Sandbox::Start(std::move(options)).value();
    devices_ = PortOf(sandbox_->url("disruptive"));
    control_ = PortOf(sandbox_->control_url());
  }

  std::string Project() { return sandbox_->disruptive().project(); }

  // Head and body of the answer; empty when there was none.
  std::string Ask(uint16_t port, const std::string& method,
                  const std::string& target, const std::string& body = "",
                  bool ipv6 = false) {
    LoopbackClient client(port, ipv6);
    EXPECT_TRUE(client.connected());
    client.Send(Request(method, target, body));
    return client.ReadAnswer();
  }
  std::string Request(const std::string& method, const std::string& target,
                      const std::string& body = "") {
    const DisruptiveAccessOptions& account =
        sandbox_->disruptive().credentials();
    return absl::StrCat(
        method, " ", target, " HTTP/1.1\r\nHost: sandbox\r\n",
        "Authorization: Basic ",
        absl::Base64Escape(absl::StrCat(account.key_id, ":", account.secret)),
        "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  }
  json::value Steer(std::string_view method, std::string_view path,
                    std::string_view body = "") {
    const auto answer = sandbox_->Control(method, path, body);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return json::parse(answer.value_or("null"));
  }

  absl::Notification shutdown_;
  std::unique_ptr<Sandbox> sandbox_;
  uint16_t devices_ = 0;
  uint16_t control_ = 0;
};

TEST_F(SandboxTest, SaysWhereEverythingIs) {
  const json::value ready = json::parse(sandbox_->ReadyJson());
  EXPECT_THAT(sandbox_->ReadyJson(), ::testing::Not(HasSubstr("\n")));
  EXPECT_EQ(ready.at("ready"), true);
  EXPECT_EQ(ready.at("control"), json::value(sandbox_->control_url()));
  EXPECT_EQ(ready.at("disruptive").at("base_url"),
            json::value(sandbox_->url("disruptive") + "/v2"));
  EXPECT_EQ(Steer("GET", "/ready"), ready);
}

TEST_F(SandboxTest, ServesRequestsOverRealConnections) {
  const std::string target = absl::StrCat("/v2/projects/", Project());
  EXPECT_THAT(Ask(devices_, "GET", target), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask(control_, "GET", "/"), HasSubstr("<h2>disruptive</h2>"));
  EXPECT_THAT(Ask(control_, "GET", "/nothing"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(control_, "POST", "/faults", "{}"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(SandboxTest, StreamsReadingsAsChunkedLines) {
  LoopbackClient stream(devices_);
  stream.Send(Request(
      "GET", absl::StrCat("/v2/projects/", Project(), "/devices:stream")));
  const std::string head = stream.ReadUntil("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(head, HasSubstr("chunked"));
  Steer("POST", "/devices/publish", R"({"count": 1})");
  EXPECT_THAT(stream.ReadUntil("}}\n"), HasSubstr(R"({"result":{"event":)"));
  Steer("POST", "/streams/cut", R"({"how": "reset"})");
  EXPECT_THAT(stream.ReadToEnd(), ::testing::Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(stream.was_reset());
}

TEST_F(SandboxTest, FaultsStrikeAndAreCounted) {
  const std::string target = absl::StrCat("/v2/projects/", Project());
  const json::value added =
      Steer("POST", "/faults",
            R"({"service": "disruptive", "kind": "status", "status": 429,
                "retry_after": 3, "count": 1})");
  const std::string refused = Ask(devices_, "GET", target);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 3\r\n"));
  EXPECT_THAT(refused, HasSubstr(R"("code":429)"));
  Steer("POST", "/faults",
        R"({"service": "disruptive", "kind": "half", "count": 1})");
  EXPECT_THAT(Ask(devices_, "GET", target),
              ::testing::Not(HasSubstr("cloudConnectorCount")));
  Steer("POST", "/faults",
        R"({"service": "disruptive", "kind": "cut", "count": 1})");
  EXPECT_THAT(Ask(devices_, "GET", target), IsEmpty());
  EXPECT_THAT(Ask(devices_, "GET", target), StartsWith("HTTP/1.1 200 "));

  const json::value faults = Steer("GET", "/faults");
  EXPECT_THAT(faults.at("faults").as_array(), SizeIs(3));
  EXPECT_EQ(faults.at("fired"), 3);
  EXPECT_EQ(faults.at("faults").at(0).at("id"), added.at("id"));
  EXPECT_EQ(Steer("GET", "/status").at("faults_fired"), 3);
}

TEST_F(SandboxTest, MovesTheClockOfAllServices) {
  // They would make up for years of readings.
  Steer("POST", "/devices/stop");
  const json::value stopped = Steer(
      "POST", "/clock", R"({"stopped": true, "set": "2030-01-01T00:00:00Z"})");
  EXPECT_EQ(stopped.at("now"), "2030-01-01T00:00:00.000000Z");
  EXPECT_EQ(Steer("POST", "/clock", R"({"advance": 1.5})").at("now"),
            "2030-01-01T00:00:01.500000Z");
  EXPECT_EQ(Steer("GET", "/clock").at("stopped"), true);
  Steer("POST", "/clock", R"({"stopped": false})");
  for (const char* wrong :
       {R"({"advance": -1})", R"({"set": "soon"})",
        R"({"set": "2030-01-01T00:00:00Z", "advance": 1})"}) {
    EXPECT_FALSE(sandbox_->Control("POST", "/clock", wrong).ok()) << wrong;
  }
  // What waits notices.
  LoopbackClient stream(devices_);
  stream.Send(Request(
      "GET", absl::StrCat("/v2/projects/", Project(), "/devices:stream")));
  stream.ReadUntil("\r\n\r\n");
  Steer("POST", "/clock", R"({"advance": 3601})");
  EXPECT_THAT(stream.ReadUntil("0\r\n\r\n"), HasSubstr("error"));
}

TEST_F(SandboxTest, KeepsTheStateOfFeedsOnDisk) {
  SandboxOptions options;
  options.state_folder = absl::StrCat(::testing::TempDir(), "/sandbox-state");
  std::filesystem::remove_all(options.state_folder);
  const std::string token =
      SignJwt(R"({"alg":"HS256","typ":"JWT"})",
              R"({"resource":"*","action":"*","feed_id":"*"})",
              options.feed.api_secret);
  const std::string body =
      R"({"actor":"a","verb":"v","object":"o","foreign_id":"x:1"})";
  for (int run = 1; run <= 3; ++run) {
    sandbox_.reset();
    sandbox_ = Sandbox::Start(options).value();
    EXPECT_EQ(
        Steer("GET", "/status").at("services").at("feed").at("activities"),
        run - 1);
    LoopbackClient client(PortOf(sandbox_->url("feed")));
    client.Send(absl::StrCat(
        "POST /api/v1.0/feed/user/1/?api_key=sandbox_key HTTP/1.1\r\n"
        "Host: sandbox\r\nAuthorization: ",
        token, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
    EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 201 "));
    // Of this run, not of those before.
    EXPECT_EQ(sandbox_->ledger().Totals().destinations[0].unknown, 1);
  }
}

TEST_F(SandboxTest, KeepsDevicesAndStreamsOnDisk) {
  SandboxOptions options;
  options.state_folder =
      absl::StrCat(::testing::TempDir(), "/sandbox-state-of-all");
  std::filesystem::remove_all(options.state_folder);
  std::string ready_stream;
  for (int run = 1; run <= 3; ++run) {
    sandbox_.reset();
    sandbox_ = Sandbox::Start(options).value();
    const json::value services = Steer("GET", "/status").at("services");
    EXPECT_EQ(services.at("disruptive").at("devices"), 19 + run);
    EXPECT_EQ(services.at("inthing").at("streams"), run);
    EXPECT_THAT(
        Ask(PortOf(sandbox_->url("disruptive")), "POST",
            absl::StrCat("/emulator/v2/projects/", Project(), "/devices"),
            R"({"type":"touch"})"),
        StartsWith("HTTP/1.1 200 "));
    Steer("POST", "/inthing/streams", R"({"user":"ann"})");
    // What was there first is the same each time.
    const json::value ready = Steer("GET", "/ready");
    const std::string stream(ready.at("inthing").at("stream").as_string());
    if (run > 1) {
      EXPECT_EQ(stream, ready_stream);
    }
    ready_stream = stream;
  }
}

TEST_F(SandboxTest, SpeaksHttpsWithACertificate) {
  TestAuthority authority(::testing::TempDir(), "sandbox");
  const TestAuthority::Files files = authority.Issue("localhost");
  SandboxOptions options;
  options.certificate_file = files.certificate_file;
  options.private_key_file = files.private_key_file;
  sandbox_ = Sandbox::Start(options).value();
  const json::value ready = Steer("GET", "/ready");
  const auto loop = HttpLoop::Create({});
  for (const auto& [service, path] :
       {std::pair("disruptive", "/v2/"), std::pair("feed", "/pages/"),
        std::pair("inthing", "/")}) {
    EXPECT_THAT(std::string(ready.at(service).at("base_url").as_string()),
                StartsWith("https://127.0.0.1:"));
    int status = 0;
    absl::Notification done;
    std::unique_ptr<HttpCall> call;
    loop->Post([&, service = service, path = path] {
      call = loop->Fetch({.method = "GET",
                          .url = sandbox_->url(service) + path,
                          .tls = {.ca_file = authority.ca_file()}},
                         [&](const HttpResponse& response, HttpFailure) {
                           status = response.status;
                           call.reset();
                           done.Notify();
                         });
    });
    done.WaitForNotification();
    EXPECT_EQ(status, service == std::string("disruptive") ? 401 : 200)
        << service;
  }
  options.private_key_file = "/nonexistent/key.pem";
  EXPECT_TRUE(
      absl::IsInvalidArgument(Sandbox::Start(std::move(options)).status()));
}

TEST_F(SandboxTest, StartsAtATimeThatStandsStill) {
  SandboxOptions options;
  options.stopped_at = absl::FromUnixSeconds(1'767'225'600);
  std::string first;
  for (int run = 0; run < 2; ++run) {
    sandbox_.reset();
    sandbox_ = Sandbox::Start(options).value();
    EXPECT_EQ(Steer("GET", "/clock").at("now"), "2026-01-01T00:00:00.000000Z");
    const std::string stream(
        Steer("GET", "/ready").at("inthing").at("stream").as_string());
    if (run > 0) {
      EXPECT_EQ(stream, first);
    }
    first = stream;
  }
}

TEST_F(SandboxTest, FaultsAreSwitchedOffOneByOneOrTogether) {
  const json::value added =
      Steer("POST", "/faults", R"({"service": "disruptive", "kind": "stall"})");
  const std::string path = absl::StrCat("/faults/", added.at("id").as_int64());
  Steer("DELETE", path);
  EXPECT_FALSE(sandbox_->Control("DELETE", path).ok());
  Steer("POST", "/faults", R"({"service": "disruptive", "kind": "stall"})");
  EXPECT_EQ(Steer("DELETE", "/faults?service=disruptive").at("cleared"), 1);
  const auto wrong = sandbox_->Control(
      "POST", "/faults", R"({"service": "elsewhere", "kind": "cut"})");
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("elsewhere"));
}

TEST_F(SandboxTest, TheLedgerComparesBothEnds) {
  Steer("POST", "/devices/publish", R"({"count": 3})");
  sandbox_->ledger().AddDestination("feed");
  json::value ledger = Steer("GET", "/ledger?ids=2");
  EXPECT_EQ(ledger.at("published"), 3);
  EXPECT_EQ(ledger.at("unheard"), 3);
  const json::value& feed = ledger.at("destinations").at("feed");
  EXPECT_EQ(feed.at("missing"), 3);
  ASSERT_THAT(feed.at("missing_ids").as_array(), SizeIs(2));
  sandbox_->ledger().Received(
      "feed", std::string(feed.at("missing_ids").at(0).as_string()));
  EXPECT_EQ(Steer("GET", "/ledger").at("destinations").at("feed").at("missing"),
            2);
  EXPECT_EQ(Steer("GET", "/status").at("ledger").at("published"), 3);
  Steer("POST", "/ledger/reset");
  EXPECT_EQ(Steer("GET", "/ledger?totals=1").at("published"), 0);
}

TEST_F(SandboxTest, DropsConnections) {
  LoopbackClient idle(devices_);
  idle.Send(Request(
      "GET", absl::StrCat("/v2/projects/", Project(), "/devices:stream")));
  idle.ReadUntil("\r\n\r\n");
  Steer("POST", "/connections/drop",
        R"({"service": "disruptive", "reset": true})");
  idle.ReadToEnd();
  EXPECT_TRUE(idle.was_reset());
}

TEST_F(SandboxTest, RefusesAPortThatIsTaken) {
  SandboxOptions options;
  options.control_port = control_;
  EXPECT_EQ(Sandbox::Start(std::move(options)).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(SandboxTest, TellsOfAShutdown) {
  EXPECT_THAT(Ask(control_, "POST", "/shutdown"), StartsWith("HTTP/1.1 200 "));
  shutdown_.WaitForNotification();
}

TEST_F(SandboxTest, StopsInTheMiddleOfEverything) {
  Steer("POST", "/devices/start", R"({"rate": 5000})");
  LoopbackClient stream(devices_);
  stream.Send(Request("GET", absl::StrCat("/v2/projects/", Project(),
                                          "/devices:stream?ping_interval=1s")));
  stream.ReadUntil("}}\n");
  LoopbackClient status(control_);
  status.Send("GET /status HTTP/1.1\r\nHost: sandbox\r\n\r\n");
  sandbox_.reset();
  stream.ReadToEnd();
  EXPECT_TRUE(stream.at_end());
}

}  // namespace
}  // namespace sluice::sandbox
