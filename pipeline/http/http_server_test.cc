#include "pipeline/http/http_server.h"

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/testing/loopback_client.h"

namespace sluice {
namespace {

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

void SayHello(HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
  responder->Send({200, {}, "hello"});
}

std::unique_ptr<HttpServer> MustStart(HttpServerOptions options = {}) {
  auto server = HttpServer::Start(std::move(options), SayHello);
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

TEST(HttpServerTest, ListensOnBothLoopbackAddressesAtOnePort) {
  auto server = MustStart();
  ASSERT_NE(server->port(), 0);
  int answered = 0;
  for (const bool ipv6 : {false, true}) {
    LoopbackClient client(server->port(), ipv6);
    if (!client.connected()) continue;  // A machine may have only one.
    client.Send(kGet);
    answered += absl::StrContains(client.ReadAnswer(), "hello");
  }
  EXPECT_GE(answered, 1);
}

TEST(HttpServerTest, ATakenPortIsAlreadyExists) {
  auto server = MustStart();
  HttpServerOptions options;
  options.port = server->port();
  const auto second = HttpServer::Start(options, SayHello);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
}

TEST(HttpServerTest, AClientThatDoesNotReadItsAnswerIsClosed) {
  HttpServerOptions options;
  options.stall_timeout = absl::Milliseconds(20);
  std::shared_ptr<HttpResponder> answered;
  absl::Notification sent;
  auto server = HttpServer::Start(
      options,
      [&](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
        responder->Send({200, {}, std::string(64 << 20, 'x')});
        answered = std::move(responder);
        sent.Notify();
      });
  ASSERT_TRUE(server.ok()) << server.status();
  LoopbackClient client((*server)->port());
  client.Send(kGet);
  sent.WaitForNotification();
  // Forever, if nobody closes it.
  while (answered->connected()) std::this_thread::yield();
  EXPECT_LT(client.ReadToEnd().size(), size_t{64} << 20);
}

TEST(HttpServerTest, AClientThatReadsIsGivenItsTime) {
  HttpServerOptions options;
  options.stall_timeout = absl::Seconds(60);
  auto server = MustStart(options);
  LoopbackClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(kGet);
    EXPECT_TRUE(absl::StrContains(client.ReadAnswer(), "hello"));
  }
}

TEST(HttpServerTest, APortIsFreeAgainAfterTheServer) {
  HttpServerOptions options;
  {
    auto server = MustStart();
    options.port = server->port();
    LoopbackClient client(server->port());
    client.Send(kGet);
    client.ReadAnswer();
  }
  EXPECT_EQ(MustStart(options)->port(), options.port);
}

TEST(HttpServerTest, AnAddressOfAnotherMachineIsNamed) {
  HttpServerOptions options;
  options.addresses = {"127.0.0.1", "192.0.2.1"};  // RFC 5737: nobody's.
  const auto status = HttpServer::Start(options, SayHello).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "192.0.2.1")) << status;
}

TEST(HttpServerTest, AnAddressThatIsNoneIsNamed) {
  HttpServerOptions options;
  options.addresses = {"localhost"};
  const auto status = HttpServer::Start(options, SayHello).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "localhost")) << status;
  options.addresses.clear();
  EXPECT_FALSE(HttpServer::Start(options, SayHello).ok());
}

TEST(HttpServerTest, ACertificateThatCannotBeReadIsNamed) {
  HttpServerOptions options;
  options.certificate_file = "/nonexistent/cert.pem";
  EXPECT_EQ(HttpServer::Start(options, SayHello).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.private_key_file = "/nonexistent/key.pem";
  const auto status = HttpServer::Start(options, SayHello).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "/nonexistent/cert.pem"));
}

TEST(HttpServerTest, DropsConnectionsAndAcceptsNewOnes) {
  auto server = MustStart();
  for (const bool reset : {true, false}) {
    LoopbackClient client(server->port());
    client.Send(kGet);
    client.ReadAnswer();
    server->DropConnections(reset);
    EXPECT_EQ(client.ReadToEnd(), "");
    EXPECT_EQ(client.was_reset(), reset);
  }
  LoopbackClient client(server->port());
  client.Send(kGet);
  EXPECT_TRUE(absl::StrContains(client.ReadAnswer(), "hello"));
}

TEST(HttpServerTest, HandlersMayDropConnections) {
  HttpServer* self = nullptr;
  auto server = *HttpServer::Start(
      {}, [&](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
        self->DropConnections(/*reset=*/true);
        responder->Send({200, {}, "too late"});
      });
  self = server.get();
  LoopbackClient client(server->port());
  client.Send(kGet);
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(HttpServerTest, ConnectionsBeyondTheLimitWait) {
  HttpServerOptions options;
  options.addresses = {"127.0.0.1"};
  options.max_connections = 1;
  auto server = MustStart(options);
  auto first = std::make_unique<LoopbackClient>(server->port());
  first->Send(kGet);
  first->ReadAnswer();
  LoopbackClient second(server->port());
  second.Send(kGet);
  first.reset();
  EXPECT_TRUE(absl::StrContains(second.ReadAnswer(), "hello"));
}

TEST(HttpServerTest, ErrorsOfItsOwnHaveTheFormAskedFor) {
  HttpServerOptions options;
  options.max_body_bytes = 4;
  for (const bool own : {false, true}) {
    if (own) {
      options.error_answer = [](int status, std::string_view message) {
        return HttpResponse{.status = status,
                            .headers = {{"Content-Type", "text/own"}},
                            .body = std::string(message) + "?"};
      };
    }
    auto server = MustStart(options);
    for (const auto& [request, status] :
         {std::pair("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", "413 "),
          std::pair("GET /\r\n\r\n", "400 ")}) {
      LoopbackClient client(server->port());
      client.Send(request);
      const std::string answer = client.ReadToEnd();
      EXPECT_EQ(answer.substr(0, 13), absl::StrCat("HTTP/1.1 ", status));
      EXPECT_TRUE(absl::StrContains(
          answer, own ? "Content-Type: text/own" : "Content-Type: text/plain"))
          << answer;
      EXPECT_EQ(answer.back(), own ? '?' : '\n') << answer;
    }
  }
}

TEST(HttpServerTest, TimersRunNextToTheHandlers) {
  HttpServer* self = nullptr;
  std::thread::id handler_thread;
  std::thread::id timer_thread;
  auto server = *HttpServer::Start(
      {}, [&](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
        handler_thread = std::this_thread::get_id();
        self->executor().PostAfter(absl::Milliseconds(1), [&, responder] {
          timer_thread = std::this_thread::get_id();
          responder->Send({200, {}, "after a while"});
        });
      });
  self = server.get();
  LoopbackClient client(server->port());
  client.Send(kGet);
  EXPECT_TRUE(absl::StrContains(client.ReadAnswer(), "after a while"));
  EXPECT_EQ(handler_thread, timer_thread);
}

TEST(HttpServerTest, ATimerThatHoldsAResponderDiesWithTheServer) {
  absl::Notification asked;
  HttpServer* self = nullptr;
  auto server = *HttpServer::Start(
      {}, [&](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
        self->executor().PostAfter(absl::Hours(1), [responder] {});
        asked.Notify();
      });
  self = server.get();
  LoopbackClient client(server->port());
  client.Send(kGet);
  asked.WaitForNotification();
  server.reset();
  EXPECT_EQ(client.ReadToEnd(), "");
}

}  // namespace
}  // namespace sluice
