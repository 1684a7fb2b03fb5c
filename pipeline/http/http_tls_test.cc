// HTTPS between HttpLoop and HttpServer: what is trusted and what is refused.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"
#include "tests/testing/test_certificates.h"

namespace sluice {
namespace {

class HttpTlsTest : public ::testing::Test {
 protected:
  void Serve(const TestAuthority::Files& files) {
    HttpServerOptions options;
    options.certificate_file = files.certificate_file;
    options.private_key_file = files.private_key_file;
    auto server = HttpServer::Start(
        options, [](HttpServerRequest request,
                    std::shared_ptr<HttpResponder> responder) {
          responder->Send({200, {}, std::move(request.body)});
        });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Posts `body` and waits for the end.
  std::pair<HttpResponse, HttpFailure> Post(
      std::string body, const std::string& ca_file,
      const std::string& host = "127.0.0.1") {
    std::pair<HttpResponse, HttpFailure> result;
    absl::Notification done;
    std::unique_ptr<HttpCall> call;
    loop_->Post([&] {
      call = loop_->Fetch(
          {.method = "POST",
           .url = absl::StrCat("https://", host, ":", server_->port(), "/"),
           .body = std::move(body),
           .tls = {.ca_file = ca_file}},
          [&](HttpResponse response, HttpFailure failure) {
            // A status of the test's own: TSan cannot see how Abseil, a
            // library compiled without it, counts references.
            result = {std::move(response),
                      {absl::Status(failure.status.code(),
                                    std::string(failure.status.message())),
                       failure.maybe_sent}};
            call.reset();
            done.Notify();
          });
    });
    done.WaitForNotification();
    return result;
  }

  // The server's certificate is refused, and nothing was sent.
  void ExpectRefused(const std::string& ca_file, const std::string& reason) {
    const HttpFailure failure = Post("secret", ca_file).second;
    EXPECT_EQ(failure.status.code(), absl::StatusCode::kFailedPrecondition)
        << failure.status;
    EXPECT_TRUE(absl::StrContains(failure.status.message(), reason))
        << failure.status;
    EXPECT_FALSE(failure.maybe_sent);
  }

  TestAuthority authority_{::testing::TempDir(), "trusted"};
  std::unique_ptr<HttpLoop> loop_ = HttpLoop::Create({});
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTlsTest, TalksToAServerItTrusts) {
  Serve(authority_.Issue("localhost"));
  for (const std::string& body :
       {std::string("small"), std::string(2 << 20, 'L')}) {
    const auto [response, failure] = Post(body, authority_.ca_file());
    EXPECT_TRUE(failure.status.ok()) << failure.status;
    EXPECT_TRUE(response.body == body);
  }
}

TEST_F(HttpTlsTest, RefusesACertificateForAnotherHost) {
  Serve(authority_.Issue("elsewhere.test", /*with_loopback=*/false));
  ExpectRefused(authority_.ca_file(), "127.0.0.1");
}

TEST_F(HttpTlsTest, RefusesAnExpiredCertificate) {
  Serve(authority_.Issue("localhost", /*with_loopback=*/true,
                         absl::Now() - absl::Hours(1)));
  ExpectRefused(authority_.ca_file(), "expired");
}

TEST_F(HttpTlsTest, RefusesAnAuthorityItDoesNotKnow) {
  TestAuthority stranger(::testing::TempDir(), "stranger");
  Serve(stranger.Issue("localhost"));
  ExpectRefused(authority_.ca_file(), "certificate");
  ExpectRefused("", "certificate");  // The system's authorities.
}

TEST_F(HttpTlsTest, AnAuthorityFileThatIsMissingNeedsAPerson) {
  Serve(authority_.Issue("localhost"));
  ExpectRefused("/nonexistent/ca.pem", "/nonexistent/ca.pem");
}

TEST_F(HttpTlsTest, AServerWithoutTlsIsUnavailable) {
  server_ = *HttpServer::Start(
      {}, [](HttpServerRequest, std::shared_ptr<HttpResponder>) {});
  const HttpFailure failure = Post("x", authority_.ca_file()).second;
  EXPECT_EQ(failure.status.code(), absl::StatusCode::kUnavailable)
      << failure.status;
  EXPECT_FALSE(failure.maybe_sent);
}

TEST_F(HttpTlsTest, TheServerSurvivesAClientWithoutTls) {
  Serve(authority_.Issue("localhost"));
  absl::Notification done;
  std::unique_ptr<HttpCall> call;
  loop_->Post([&] {
    call = loop_->Fetch(
        {.url = absl::StrCat("http://127.0.0.1:", server_->port(), "/")},
        [&](HttpResponse, HttpFailure failure) {
          EXPECT_EQ(failure.status.code(), absl::StatusCode::kUnavailable);
          call.reset();
          done.Notify();
        });
  });
  done.WaitForNotification();
  EXPECT_TRUE(Post("ok", authority_.ca_file()).second.status.ok());
}

}  // namespace
}  // namespace sluice
