#include "pipeline/monitoring/monitoring_server.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/loopback_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class MonitoringServerTest : public testing::Test {
 protected:
  void SetUp() override {
    status_.set_state(admin::v1::PROCESS_RUNNING);
    status_.add_pipelines()->set_name("office");
    status_.mutable_pipelines(0)->mutable_log()->set_writable(true);
  }

  void Start(absl::Duration max_age = absl::ZeroDuration()) {
    MonitoringServer::Parts parts;
    parts.status = [this] {
      ++snapshots_;
      return status_;
    };
    parts.metrics = &registry_;
    parts.data_dir = testing::TempDir();
    parts.threads = {{"io", &io_}};
    parts.max_age = max_age;
    auto server = MonitoringServer::Start({"127.0.0.1", 0}, std::move(parts));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const std::string address = server_->address();
    ASSERT_THAT(address, StartsWith("127.0.0.1:"));
    int port = 0;
    ASSERT_TRUE(absl::SimpleAtoi(address.substr(10), &port));
    port_ = static_cast<uint16_t>(port);
  }

  // The whole answer.
  std::string Ask(const std::string& method, const std::string& target,
                  const std::string& headers = "") {
    LoopbackClient client(port_);
    client.Send(absl::StrCat(method, " ", target,
                             " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n",
                             headers, "\r\n"));
    return client.ReadToEnd();
  }
  std::string Get(const std::string& target) { return Ask("GET", target); }

  admin::v1::ProcessStatus status_;
  std::atomic<int> snapshots_{0};
  MetricRegistry registry_;
  ManualExecutor io_;
  std::unique_ptr<MonitoringServer> server_;
  uint16_t port_ = 0;
};

TEST_F(MonitoringServerTest, ServesMetricsAsText) {
  registry_.counter("a_total", {}, "What a is.")->Add(7);
  Start();
  const std::string answer = Get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; "
                                "charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\n# HELP sluice_a_total What a is.\n"
                                "# TYPE sluice_a_total counter\n"
                                "sluice_a_total 7\n"));
  EXPECT_THAT(answer,
              HasSubstr("\nsluice_log_events{pipeline=\"office\"} 0\n"));
  EXPECT_THAT(answer, HasSubstr("\nsluice_ready 1\n"));
  EXPECT_THAT(answer, HasSubstr("\nsluice_build_info{version=\""));
  EXPECT_THAT(answer, HasSubstr("\nprocess_open_fds "));
  EXPECT_THAT(answer,
              HasSubstr("\nsluice_thread_silent_seconds{thread=\"io\"} "));
}

TEST_F(MonitoringServerTest, ServesOpenMetricsToWhoAsksForIt) {
  Start();
  const std::string answer = Ask("GET", "/metrics?x=1",
                                 "Accept: application/openmetrics-text;"
                                 "version=1.0.0,text/plain;q=0.5\r\n");
  EXPECT_THAT(answer,
              HasSubstr("\r\nContent-Type: application/openmetrics-text;"
                        " version=1.0.0; charset=utf-8\r\n"));
  EXPECT_TRUE(answer.ends_with("\n# EOF\n"));
}

TEST_F(MonitoringServerTest, AnswersHeadWithoutABody) {
  Start();
  const std::string answer = Ask("HEAD", "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Length: "));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(MonitoringServerTest, RefusesOtherMethodsAndPaths) {
  Start();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    EXPECT_THAT(Ask(method, "/metrics", "Content-Length: 0\r\n"),
                AllOf(StartsWith("HTTP/1.1 405 "),
                      HasSubstr("\r\nAllow: GET, HEAD\r\n")))
        << method;
  }
  for (const char* path : {"/", "/metrics/", "/Metrics", "/../metrics", "*"}) {
    EXPECT_THAT(Get(path),
                AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("/metrics"),
                      HasSubstr("/healthz"), HasSubstr("/readyz")))
        << path;
  }
}

TEST_F(MonitoringServerTest, CountsItsRequestsUnderFewNames) {
  Start();
  Get("/metrics");
  Get("/one");
  Get("/two");
  Ask("POST", "/readyz", "Content-Length: 0\r\n");
  const auto count = [this](const char* path, const char* code) {
    return registry_
        .counter("monitoring_requests_total", {{"path", path}, {"code", code}})
        ->value();
  };
  EXPECT_EQ(count("/metrics", "200"), 1u);
  EXPECT_EQ(count("other", "404"), 2u);
  EXPECT_EQ(count("/readyz", "405"), 1u);
}

TEST_F(MonitoringServerTest, IsReadyOrSaysWhyNot) {
  Start();
  EXPECT_THAT(Get("/readyz"),
              AllOf(StartsWith("HTTP/1.1 200 "),
                    HasSubstr("\r\nContent-Type: application/json\r\n"),
                    HasSubstr("{\"ready\":true,\"reasons\":[]}\n")));
  status_.set_state(admin::v1::PROCESS_STOPPING);
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "),
                                    HasSubstr("\"state\":\"stopping\"")));
  EXPECT_THAT(Get("/metrics"), HasSubstr("\nsluice_ready 0\n"));
}

TEST_F(MonitoringServerTest, IsHealthyAsSoonAsItListens) {
  status_.set_state(admin::v1::PROCESS_STARTING);
  Start();
  EXPECT_THAT(Get("/healthz"),
              AllOf(StartsWith("HTTP/1.1 200 "),
                    HasSubstr("{\"healthy\":true,\"threads\":[{\"thread\":"
                              "\"io\",\"silent_seconds\":0}]}\n")));
}

TEST_F(MonitoringServerTest, RequestsBetweenSnapshotsAreAnsweredFromMemory) {
  Start(/*max_age=*/absl::Hours(1));
  const std::string first = Get("/metrics");
  registry_.counter("late_total", {});
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Get("/metrics"), Not(HasSubstr("late_total")));
    Get("/readyz");
  }
  EXPECT_EQ(snapshots_, 1);
}

TEST_F(MonitoringServerTest, BoundsRequests) {
  Start();
  EXPECT_THAT(Ask("GET", "/metrics",
                  absl::StrCat("X: ", std::string(20 << 10, 'x'), "\r\n")),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("POST", "/metrics", "Content-Length: 100000\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(MonitoringServerTest, ManyConnectionsAtOnceAreServedInTheEnd) {
  Start();
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<LoopbackClient>(port_));
    ASSERT_TRUE(clients.back()->connected());
    clients.back()->Send(
        "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  }
  for (auto& client : clients) {
    EXPECT_THAT(client->ReadToEnd(), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(MonitoringServerTest, ATakenPortIsAnErrorThatNamesTheField) {
  Start();
  MonitoringServer::Parts parts;
  parts.metrics = &registry_;
  const absl::Status status =
      MonitoringServer::Start({"127.0.0.1", port_}, parts).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              StartsWith(absl::StrCat("monitoring.listen: cannot listen on "
                                      "127.0.0.1 port ",
                                      port_)));
}

}  // namespace
}  // namespace sluice
