#include "tools/sandbox/disruptive/connector_pusher.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "tests/testing/manual_executor.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConnectorPusherTest : public ::testing::Test {
 protected:
  ConnectorPusherTest() { Restart({}); }

  void Restart(ConnectorPusherOptions options) {
    connectors_ = std::make_unique<DataConnectors>(DataConnectorRules());
    connector_ = *connectors_->Create(
        "c1", "p1",
        json::parse(
            R"({"type":"HTTP_PUSH","httpConfig":{"url":"http://h/p","signatureSecret":"my-signature-secret","headers":{"X-Mine":"1"}}})")
            .as_object());
    pusher_ = std::make_unique<ConnectorPusher>(
        std::move(options), connectors_.get(),
        [this] { return executor_.Now(); },
        [this] { return absl::StrCat("id", ++ids_); });
    open_.clear();
    pusher_->Start(&executor_,
                   [this](HttpRequest request, ConnectorPusher::Done done) {
                     open_.push_back({std::move(request), std::move(done)});
                   });
  }

  // Answers the oldest request; 0: not at all.
  void Answer(int status) {
    auto done = std::move(open_.front().second);
    open_.pop_front();
    HttpFailure failure;
    if (status == 0) failure.status = absl::UnavailableError("refused");
    done({.status = status}, failure);
    executor_.RunReady();
  }
  std::vector<std::string> Bodies() {
    std::vector<std::string> bodies;
    for (const auto& open : open_) bodies.push_back(open.first.body);
    return bodies;
  }

  ManualExecutor executor_{absl::FromUnixSeconds(1735787045)};
  int ids_ = 0;
  std::unique_ptr<DataConnectors> connectors_;
  DataConnector* connector_ = nullptr;
  std::deque<std::pair<HttpRequest, ConnectorPusher::Done>> open_;
  std::unique_ptr<ConnectorPusher> pusher_;
};

TEST_F(ConnectorPusherTest, SendsWhatTheServiceSends) {
  // Computed independently, with Python's hashlib and hmac.
  const std::string body =
      R"({"event":{"eventId":"cqr0000000000000000g","targetName":"projects/c0000000000000000001/devices/emuc0000000000000000a","eventType":"touch","data":{"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}},"timestamp":"2025-01-02T03:04:05.678901Z"},"labels":{"room":"99"},"metadata":{"deviceId":"emuc0000000000000000a","projectId":"c0000000000000000001","deviceType":"touch","productNumber":""}})";
  pusher_ = std::make_unique<ConnectorPusher>(
      ConnectorPusherOptions(), connectors_.get(),
      [this] { return executor_.Now(); },
      [] { return "cqr0000000000000001g"; });
  pusher_->Start(&executor_,
                 [this](HttpRequest request, ConnectorPusher::Done done) {
                   open_.push_back({std::move(request), std::move(done)});
                 });
  pusher_->Push(*connector_, body);
  ASSERT_THAT(open_, SizeIs(1));
  const HttpRequest& request = open_[0].first;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://h/p");
  EXPECT_EQ(request.body, body);
  EXPECT_EQ(request.total_timeout, absl::Seconds(10));
  EXPECT_EQ(request.max_redirects, 0);
  EXPECT_EQ(FindHeader(request.headers, "X-Mine"), "1");
  EXPECT_EQ(
      FindHeader(request.headers, "X-Dt-Signature"),
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJjaGVja3N1bSI6IjVhMjczOGM5OGY3YjlkNmE2YmY1OWM3MTI2MjU4MjhmNjk4MTQ5NTAi"
      "LCJjaGVja3N1bV9zaGEyNTYiOiJlYWEzMjNlMzg1NzhmNTRkNzE2OWNkNTI3MTk1Y2IzNGY0"
      "OWFkZDI3N2M4NjE4MzFlY2JmYjAzZmY0NzJhNjI5IiwiZXhwIjoxNzM1NzkwNjQ1LCJpYXQi"
      "OjE3MzU3ODcwNDUsImp0aSI6ImNxcjAwMDAwMDAwMDAwMDAwMDFnIn0."
      "S-L9KQPRl1ON-IkOUBWlL3f_5MLU0hfVaf8--_7p2Fw");
}

TEST_F(ConnectorPusherTest, SignsOnlyWithASecret) {
  connector_->signature_secret.clear();
  pusher_->Push(*connector_, "{}");
  EXPECT_EQ(FindHeader(open_[0].first.headers, "X-Dt-Signature"), std::nullopt);
}

TEST_F(ConnectorPusherTest, AnyAnswerOf2xxIsAnAcknowledgement) {
  for (int status : {200, 201, 204, 299}) {
    pusher_->Push(*connector_, "{}");
    Answer(status);
  }
  EXPECT_EQ(pusher_->delivered(), 4);
  EXPECT_EQ(pusher_->waiting(), 0);
}

TEST_F(ConnectorPusherTest, EverythingElseIsTriedAgainLaterAndLater) {
  pusher_->Push(*connector_, "{}");
  for (int status : {0, 199, 300, 302, 400, 401, 404, 429, 500, 503}) {
    ASSERT_THAT(open_, SizeIs(1)) << status;
    Answer(status);
    ASSERT_THAT(open_, IsEmpty());
    executor_.RunNextTimer();
  }
  // 1 + 2 + 4 + ... + 512 s.
  EXPECT_EQ(executor_.Now(), absl::FromUnixSeconds(1735787045 + 1023));
  Answer(503);
  executor_.Advance(absl::Minutes(10) - absl::Seconds(1));
  EXPECT_THAT(open_, IsEmpty());
  executor_.Advance(absl::Seconds(1));
  ASSERT_THAT(open_, SizeIs(1));
  // Signed anew.
  const auto jwt =
      VerifyJwt(*FindHeader(open_[0].first.headers, "X-Dt-Signature"),
                [](const Jwt&) { return "my-signature-secret"; });
  ASSERT_TRUE(jwt.ok());
  EXPECT_EQ(jwt->claims.at("iat").to_number<int64_t>(), 1735787045 + 1623);
  Answer(200);
  EXPECT_EQ(pusher_->delivered(), 1);
}

TEST_F(ConnectorPusherTest, GivesUpAfterTwelveHours) {
  pusher_->Push(*connector_, "{}");
  const absl::Time begin = executor_.Now();
  while (!open_.empty()) {
    Answer(503);
    executor_.RunNextTimer();
  }
  EXPECT_EQ(pusher_->expired(), 1);
  EXPECT_EQ(pusher_->waiting(), 0);
  EXPECT_GE(executor_.Now() - begin, absl::Hours(12));
  EXPECT_LE(executor_.Now() - begin, absl::Hours(12) + absl::Minutes(10));
}

TEST_F(ConnectorPusherTest, OneThatFailsForFiveDaysIsDisabled) {
  const absl::Time begin = executor_.Now();
  while (connector_->active() &&
         executor_.Now() - begin < absl::Hours(24 * 6)) {
    pusher_->Push(*connector_, "{}");
    while (!open_.empty()) Answer(500);
    executor_.Advance(absl::Hours(1));
    while (!open_.empty()) Answer(500);
  }
  EXPECT_EQ(connector_->status, DataConnector::Status::kSystemDisabled);
  EXPECT_GE(executor_.Now() - begin, absl::Hours(24 * 5));
  EXPECT_EQ(pusher_->waiting(), 0);
  executor_.Advance(absl::Hours(1));
  EXPECT_THAT(open_, IsEmpty());
}

TEST_F(ConnectorPusherTest, OneSuccessKeepsAConnectorActive) {
  for (int day = 0; day < 12; ++day) {
    pusher_->Push(*connector_, "{}");
    Answer(day % 4 == 3 ? 200 : 500);
    executor_.Advance(absl::Hours(24));
    while (!open_.empty()) Answer(500);
  }
  EXPECT_TRUE(connector_->active());
}

TEST_F(ConnectorPusherTest, SendsSoManyAtOnce) {
  for (int i = 0; i < 20; ++i) pusher_->Push(*connector_, absl::StrCat(i));
  EXPECT_THAT(Bodies(), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7"));
  Answer(200);
  EXPECT_THAT(Bodies(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8"));
}

TEST_F(ConnectorPusherTest, BoundsWhatWaits) {
  Restart({.parallel = 1, .max_waiting = 2});
  for (int i = 0; i < 5; ++i) pusher_->Push(*connector_, absl::StrCat(i));
  EXPECT_EQ(pusher_->waiting(), 3);
  EXPECT_EQ(pusher_->expired(), 2);
  Answer(200);
  EXPECT_THAT(Bodies(), ElementsAre("3"));
}

TEST_F(ConnectorPusherTest, ForgetsWhatWasRemovedOrDisabled) {
  pusher_->Push(*connector_, "a");
  pusher_->Push(*connector_, "b");
  Answer(503);
  pusher_->Forget("c1");
  connectors_->Remove("c1");
  Answer(200);
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(open_, IsEmpty());
  EXPECT_EQ(pusher_->delivered(), 0);
}

TEST_F(ConnectorPusherTest, CanRepeatAndReorder) {
  Restart({.duplicate_every = 3, .reorder_every = 2});
  for (const char* body : {"1", "2", "3"}) pusher_->Push(*connector_, body);
  EXPECT_THAT(Bodies(), ElementsAre("1", "3"));
  Answer(200);
  Answer(200);
  EXPECT_THAT(Bodies(), ElementsAre("3"));
  executor_.Advance(absl::Milliseconds(100));
  EXPECT_THAT(Bodies(), ElementsAre("3", "2"));
  Answer(200);
  Answer(200);
  EXPECT_EQ(pusher_->delivered(), 3);
  EXPECT_EQ(pusher_->attempts(), 4);
}

TEST_F(ConnectorPusherTest, CountsOfTheLastThreeHours) {
  EXPECT_EQ(
      pusher_->MetricsJson("c1"),
      R"({"metrics":{"successCount":0,"errorCount":0,"latency99p":"0.000s"}})");
  pusher_->Push(*connector_, "{}");
  executor_.Advance(absl::Milliseconds(411));
  Answer(200);
  pusher_->Push(*connector_, "{}");
  executor_.Advance(absl::Milliseconds(100));
  Answer(500);
  EXPECT_THAT(pusher_->MetricsJson("c1"),
              HasSubstr(R"("successCount":1,"errorCount":1,)"));
  pusher_->Forget("c1");
  pusher_->Push(*connector_, "{}");
  executor_.Advance(absl::Milliseconds(411));
  Answer(200);
  EXPECT_THAT(pusher_->MetricsJson("c1"),
              HasSubstr(R"("latency99p":"0.411s")"));
  executor_.Advance(absl::Hours(3) + absl::Seconds(1));
  EXPECT_THAT(pusher_->MetricsJson("c1"), HasSubstr(R"("successCount":0,)"));
}

}  // namespace
}  // namespace sluice::sandbox
