// The whole source over real connections.
#include "plugins/disruptive/webhook/webhook_source.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/http/http_loop.h"
#include "plugins/disruptive/webhook/push_testing.h"
#include "tests/testing/loopback_client.h"
#include "tests/testing/manual_executor.h"
#include "tests/testing/test_certificates.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;

constexpr char kSecret[] = "s3cret";

// Accepts at once and acknowledges at once, or when the test says so.
class QuickEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full) return false;
    ids.emplace_back(emission.events->event(0).id());
    if (hold) {
      held.push_back(std::move(emission.on_acknowledged));
    } else {
      emission.on_acknowledged(absl::OkStatus());
    }
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()>) override {}

  bool full = false;
  bool hold = false;
  std::vector<std::string> ids;
  std::vector<absl::AnyInvocable<void(absl::Status)>> held;
};

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

class WebhookSourceTest : public ::testing::Test {
 protected:
  WebhookSourceTest() {
    settings_.secrets = {kSecret};
    settings_.server.max_body_bytes = 4096;
  }
  ~WebhookSourceTest() override { Stop(); }

  // Runs `task` on the source's executor and waits for it.
  void Do(const std::function<void()>& task) {
    absl::Notification done;
    executor_.Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }

  void Start() {
    Do([this] {
      source_ = std::make_unique<WebhookSource>(settings_);
      ComponentContext context;
      context.name = "pushes";
      context.pipeline = "office";
      context.executor = &executor_;
      context.health = &health_;
      context.metrics = &metrics_;
      ASSERT_TRUE(source_->Start(context, &emitter_, std::nullopt).ok());
      port_ = source_->port();
    });
  }

  void Stop() {
    if (source_ == nullptr) return;
    absl::Notification stopped;
    Do([&] { source_->Stop([&] { stopped.Notify(); }); });
    stopped.WaitForNotification();
    Do([this] { source_.reset(); });
  }

  static std::string Request(const std::string& body,
                             std::string_view secret = kSecret) {
    return absl::StrCat("POST / HTTP/1.1\r\nHost: h\r\nX-Dt-Signature: ",
                        SignPush(body, secret, absl::Now()),
                        "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  }
  // The status line of the answer to one request on a connection of its own.
  std::string Say(const std::string& request) {
    LoopbackClient client(port_);
    client.Send(request);
    const std::string answer = client.ReadAnswer();
    return answer.substr(0, answer.find("\r\n"));
  }

  ThreadExecutor executor_{"webhook-test"};
  QuickEmitter emitter_;
  LastHealth health_;
  MetricRegistry metrics_;
  WebhookSettings settings_;
  std::unique_ptr<WebhookSource> source_;
  uint16_t port_ = 0;
};

TEST_F(WebhookSourceTest, TakesPushesIn) {
  Start();
  EXPECT_EQ(Say(Request(PushBody("e1"))), "HTTP/1.1 200 OK");
  EXPECT_EQ(Say(Request(PushBody("e2"), "another")),
            "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(Say(Request("{")), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(Say("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(Say("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
            "HTTP/1.1 404 Not Found");
  EXPECT_EQ(Say(Request(std::string(4097, ' '))),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_THAT(emitter_.ids, ::testing::ElementsAre("e1"));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  EXPECT_THAT(health_.last.message, HasSubstr("listening at http port"));
}

TEST_F(WebhookSourceTest, SaysWhenTheQueueIsFull) {
  Start();
  Do([this] { emitter_.full = true; });
  LoopbackClient client(port_);
  client.Send(Request(PushBody("e1")));
  const std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 5"));
  Do([this] { EXPECT_EQ(health_.last.state, HealthState::kDegraded); });
}

TEST_F(WebhookSourceTest, AnswersWhenTheEventIsSafeAndNotBefore) {
  Start();
  Do([this] { emitter_.hold = true; });
  LoopbackClient client(port_);
  client.Send(Request(PushBody("e1")));
  // A second push passes the first, so that one has surely been taken in.
  bool taken = false;
  while (!taken) Do([&] { taken = !emitter_.held.empty(); });
  Do([this] { emitter_.hold = false; });
  EXPECT_EQ(Say(Request(PushBody("e2"))), "HTTP/1.1 200 OK");
  Do([this] { emitter_.held[0](absl::OkStatus()); });
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("HTTP/1.1 200"));
}

TEST_F(WebhookSourceTest, ThousandsOfIdleConnectionsDoNotKeepPushesOut) {
  settings_.server.max_connections = 8;
  settings_.server.idle_timeout = absl::Milliseconds(50);
  settings_.server.request_timeout = absl::Milliseconds(50);
  Start();
  std::vector<std::unique_ptr<LoopbackClient>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<LoopbackClient>(port_));
    if (i % 2 == 0) idle.back()->Send("POST / HTTP/1.1\r\nContent-Le");
  }
  EXPECT_EQ(Say(Request(PushBody("e1"))), "HTTP/1.1 200 OK");
}

TEST_F(WebhookSourceTest, WaitsForAPortThatIsTaken) {
  auto other = HttpServer::Start(
      {}, [](HttpServerRequest, std::shared_ptr<HttpResponder>) {});
  ASSERT_TRUE(other.ok());
  settings_.server.port = (*other)->port();
  Start();
  EXPECT_EQ(port_, 0);
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  EXPECT_THAT(health_.last.message, HasSubstr("cannot listen"));
  other->reset();
  while (port_ == 0) Do([this] { port_ = source_->port(); });
  EXPECT_EQ(Say(Request(PushBody("e1"))), "HTTP/1.1 200 OK");
}

TEST_F(WebhookSourceTest, SpeaksTls) {
  TestAuthority authority(::testing::TempDir(), "webhook");
  const TestAuthority::Files files = authority.Issue("localhost");
  settings_.server.certificate_file = files.certificate_file;
  settings_.server.private_key_file = files.private_key_file;
  Start();
  EXPECT_THAT(health_.last.message, HasSubstr("listening at https port"));
  auto loop = HttpLoop::Create({});
  absl::Notification done;
  int status = 0;
  std::unique_ptr<HttpCall> call;
  loop->Post([&] {
    const std::string body = PushBody("e1");
    call = loop->Fetch(
        {.method = "POST",
         .url = absl::StrCat("https://127.0.0.1:", port_, "/"),
         .headers = {{"X-Dt-Signature", SignPush(body, kSecret, absl::Now())}},
         .body = body,
         .tls = {.ca_file = authority.ca_file()}},
        [&](HttpResponse response, HttpFailure) {
          status = response.status;
          call.reset();
          done.Notify();
        });
  });
  done.WaitForNotification();
  loop->Stop();
  EXPECT_EQ(status, 200);
}

// The certificate that a client of `ca_file` meets: the status of the answer to
// a GET, which needs no executor; 0: it was refused.
int MeetCertificate(uint16_t port, const std::string& ca_file) {
  auto loop = HttpLoop::Create({});
  absl::Notification done;
  int status = 0;
  std::unique_ptr<HttpCall> call;
  loop->Post([&] {
    call = loop->Fetch({.url = absl::StrCat("https://127.0.0.1:", port, "/"),
                        .tls = {.ca_file = ca_file}},
                       [&](HttpResponse response, HttpFailure failure) {
                         if (failure.status.ok()) status = response.status;
                         call.reset();
                         done.Notify();
                       });
  });
  done.WaitForNotification();
  loop->Stop();
  return status;
}

TEST(WebhookCertificateTest, IsTakenAnewWhenTheFileChanges) {
  TestAuthority first(::testing::TempDir(), "first");
  TestAuthority second(::testing::TempDir(), "second");
  WebhookSettings settings;
  settings.server.certificate_file = ::testing::TempDir() + "/current.pem";
  settings.server.private_key_file = ::testing::TempDir() + "/current-key.pem";
  const auto install = [&settings](const TestAuthority::Files& files) {
    constexpr auto kReplace = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::remove(settings.server.certificate_file);
    std::filesystem::copy_file(files.certificate_file,
                               settings.server.certificate_file, kReplace);
    std::filesystem::copy_file(files.private_key_file,
                               settings.server.private_key_file, kReplace);
  };
  install(first.Issue("localhost"));
  ManualExecutor executor;
  QuickEmitter emitter;
  LastHealth health;
  MetricRegistry metrics;
  WebhookSource source(settings);
  ComponentContext context;
  context.executor = &executor;
  context.health = &health;
  context.metrics = &metrics;
  ASSERT_TRUE(source.Start(context, &emitter, std::nullopt).ok());
  EXPECT_EQ(MeetCertificate(source.port(), first.ca_file()), 405);
  EXPECT_EQ(MeetCertificate(source.port(), second.ca_file()), 0);
  const uint16_t port = source.port();
  executor.Advance(absl::Minutes(2));
  EXPECT_EQ(source.port(), port) << "listened anew without need";

  install(second.Issue("localhost"));
  executor.Advance(absl::Minutes(1));
  EXPECT_EQ(MeetCertificate(source.port(), second.ca_file()), 405);
  EXPECT_EQ(MeetCertificate(source.port(), first.ca_file()), 0);

  // Half a renewal: it waits for the rest.
  std::filesystem::remove(settings.server.certificate_file);
  executor.Advance(absl::Minutes(1));
  EXPECT_EQ(health.last.state, HealthState::kPaused);
  install(first.Issue("localhost"));
  executor.Advance(absl::Minutes(1));
  EXPECT_EQ(health.last.state, HealthState::kHealthy);
  EXPECT_EQ(MeetCertificate(source.port(), first.ca_file()), 405);

  bool stopped = false;
  source.Stop([&] { stopped = true; });
  executor.RunReady();
  EXPECT_TRUE(stopped);
}

TEST_F(WebhookSourceTest, SaysWhichCertificateCannotBeUsed) {
  settings_.server.certificate_file = "/no/such/certificate.pem";
  settings_.server.private_key_file = "/no/such/key.pem";
  Start();
  EXPECT_EQ(health_.last.state, HealthState::kPaused);
  EXPECT_THAT(health_.last.message, HasSubstr("/no/such/certificate.pem"));
}

}  // namespace
}  // namespace sluice::disruptive
