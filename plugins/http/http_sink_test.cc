#include "plugins/http/http_sink.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/metrics/metrics.h"
#include "proto/event/v1/event.pb.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/gunzip.h"
#include "tests/testing/manual_executor.h"

namespace sluice::http {
namespace {

using Kind = Outcome::Kind;
using ::testing::ElementsAre;
using ::testing::Pair;

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

Delivery Payloads(const std::vector<std::string>& payloads) {
  EventBatchBuilder builder;
  for (const std::string& payload : payloads) {
    event::v1::Event event;
    event.set_id("e");
    event.set_source("//p");
    event.set_type("t");
    event.set_datacontenttype("application/json");
    event.set_data(payload);
    builder.Add(event);
  }
  Delivery delivery;
  delivery.timeout = absl::Seconds(30);
  EventBatchPtr batch = builder.Build();
  for (size_t i = 0; i < batch->size(); ++i) {
    delivery.items.push_back({i, batch->event(i), 1});
  }
  delivery.batches.push_back(std::move(batch));
  return delivery;
}

class HttpSinkTest : public testing::Test {
 protected:
  HttpSinkTest() { config_.set_url("http://localhost:8000/events?v=2"); }

  ~HttpSinkTest() override {
    if (sink_ != nullptr) Stop();
  }

  void Start() {
    auto sink = HttpSink::Create(config_);
    ASSERT_TRUE(sink.ok()) << sink.status();
    sink_ = *std::move(sink);
    ComponentContext context;
    context.name = "service";
    context.pipeline = "office";
    context.executor = &executor_;
    context.http = &http_;
    context.health = &health_;
    context.metrics = &metrics_;
    context.random = &random_;
    ASSERT_TRUE(sink_->Start(context).ok());
  }

  // The place in results_ of the answer to come.
  size_t Deliver(Delivery delivery) {
    if (sink_ == nullptr) Start();
    const size_t place = results_.size();
    results_.emplace_back();
    sink_->Deliver(std::move(delivery), [this, place](DeliveryResult result) {
      EXPECT_FALSE(results_[place].has_value()) << "answered twice";
      results_[place] = std::move(result);
    });
    executor_.RunReady();
    return place;
  }
  size_t Deliver(const std::vector<std::string>& payloads) {
    return Deliver(Payloads(payloads));
  }

  void Answer(size_t request, int status, std::string body = "") {
    http_.requests()[request]->Respond(status, std::move(body));
    executor_.RunReady();
  }

  void Stop() {
    int stopped = 0;
    sink_->Stop([&] { ++stopped; });
    executor_.RunReady();
    EXPECT_EQ(stopped, 1);
    sink_ = nullptr;
  }

  const HttpRequest& LastRequest() const {
    return http_.requests().back()->request();
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  LastHealth health_;
  MetricRegistry metrics_;
  absl::BitGen generator_;
  absl::BitGenRef random_{generator_};
  v1::HttpSinkConfig config_;
  std::unique_ptr<Sink> sink_;
  std::vector<std::optional<DeliveryResult>> results_;
};

TEST_F(HttpSinkTest, SendsADeliveryAsOneRequest) {
  config_.set_ca_file("/etc/ca.pem");
  (*config_.mutable_headers())["X-From"] = "sluice";
  Deliver({"{\"v\":1}", "{\"v\":2}"});
  ASSERT_EQ(http_.requests().size(), 1u);
  const HttpRequest& request = LastRequest();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://localhost:8000/events?v=2");
  EXPECT_THAT(request.headers,
              ElementsAre(Pair("X-From", "sluice"),
                          Pair("Content-Type", "application/json")));
  EXPECT_EQ(request.body, "[{\"v\":1},{\"v\":2}]");
  EXPECT_EQ(request.max_redirects, 0);
  EXPECT_EQ(request.max_response_bytes, kMaxAnswerBytes);
  EXPECT_EQ(request.tls.ca_file, "/etc/ca.pem");
}

TEST_F(HttpSinkTest, SendsWhatItIsConfiguredTo) {
  config_.set_method(v1::PUT);
  config_.set_format(v1::JSON_LINES);
  Deliver({"1", "2"});
  EXPECT_EQ(LastRequest().method, "PUT");
  EXPECT_EQ(LastRequest().body, "1\n2\n");
  EXPECT_EQ(FindHeader(LastRequest().headers, "content-type"),
            "application/x-ndjson");
}

TEST_F(HttpSinkTest, Compresses) {
  config_.set_compression(v1::GZIP);
  const std::string payload = "\"" + std::string(10'000, 'a') + "\"";
  for (int i = 0; i < 2; ++i) {
    Deliver({payload});
    EXPECT_EQ(FindHeader(LastRequest().headers, "Content-Encoding"), "gzip");
    EXPECT_LT(LastRequest().body.size(), 1000u);
    EXPECT_EQ(Gunzip(LastRequest().body), "[" + payload + "]");
  }
}

TEST_F(HttpSinkTest, CountsTheBytesThatItSends) {
  config_.set_compression(v1::GZIP);
  Deliver({"1"});
  const size_t first = LastRequest().body.size();
  Deliver({"2,\"and more\""});
  EXPECT_EQ(metrics_
                .counter("http_sent_bytes_total",
                         {{"component", "service"}, {"pipeline", "office"}})
                ->value(),
            first + LastRequest().body.size());
}

TEST_F(HttpSinkTest, TellsThePipelineHowItIsConfigured) {
  config_.set_max_batch_events(7);
  config_.set_max_batch_bytes(2048);
  config_.set_in_flight(3);
  config_.set_idempotent(true);
  config_.mutable_timeout()->set_seconds(5);
  Start();
  const SinkTraits traits = sink_->traits();
  EXPECT_EQ(traits.max_batch_events, 7u);
  EXPECT_EQ(traits.max_batch_bytes, 2048u);
  EXPECT_EQ(traits.max_in_flight, 3u);
  EXPECT_TRUE(traits.idempotent);
  EXPECT_EQ(traits.timeout, absl::Seconds(5));
}

TEST_F(HttpSinkTest, AnswersEachDeliveryByItself) {
  const size_t first = Deliver({"1"});
  const size_t second = Deliver({"2"});
  ASSERT_EQ(http_.requests().size(), 2u);
  Answer(1, 204);
  EXPECT_FALSE(results_[first].has_value());
  ASSERT_TRUE(results_[second].has_value());
  EXPECT_EQ(results_[second]->outcomes[0].kind, Kind::kDelivered);
  Answer(0, 503, "tired");
  EXPECT_EQ(results_[first]->outcomes[0].kind, Kind::kRetry);
  EXPECT_EQ(results_[first]->outcomes[0].message,
            "the service answered 503: tired");
}

// A single one, so that the pipeline halves what is refused.
TEST_F(HttpSinkTest, HasOneOutcomeForAllEventsOfARequest) {
  const size_t refused = Deliver({"1", "x", "3"});
  Answer(0, 400, "what is x?");
  ASSERT_EQ(results_[refused]->outcomes.size(), 1u);
  EXPECT_EQ(results_[refused]->outcomes[0].kind, Kind::kRejected);
}

TEST_F(HttpSinkTest, GoesByTheStatusesOfItsConfiguration) {
  (*config_.mutable_statuses())["409"] = v1::DELIVERED;
  const size_t conflict = Deliver({"1"});
  Answer(0, 409, "have it");
  EXPECT_EQ(results_[conflict]->outcomes[0].kind, Kind::kDelivered);
}

TEST_F(HttpSinkTest, BlanksOutWhatAServiceRepeatsOfItsUrl) {
  config_.set_url("http://localhost/hooks/0123456789abcdef");
  const size_t missing = Deliver({"1"});
  Answer(0, 404, "Cannot POST /hooks/0123456789abcdef");
  EXPECT_EQ(results_[missing]->misconfigured.message(),
            "url: the service answered 404: Cannot POST /hooks/(secret)");
}

TEST_F(HttpSinkTest, WaitsNoLongerThanADeliveryMay) {
  config_.mutable_timeout()->set_seconds(20);
  const size_t late = Deliver({"1"});  // The delivery itself may take 30 s.
  EXPECT_EQ(LastRequest().total_timeout, absl::Seconds(20));
  EXPECT_EQ(LastRequest().connect_timeout, absl::Seconds(10));
  executor_.Advance(absl::Seconds(19));
  EXPECT_FALSE(results_[late].has_value());
  executor_.Advance(absl::Seconds(1));
  ASSERT_TRUE(results_[late].has_value());
  EXPECT_EQ(results_[late]->outcomes[0].kind, Kind::kUnknown);

  Delivery hasty = Payloads({"2"});
  hasty.timeout = absl::Seconds(3);
  Deliver(std::move(hasty));
  EXPECT_EQ(LastRequest().total_timeout, absl::Seconds(3));
  EXPECT_EQ(LastRequest().connect_timeout, absl::Seconds(3));
}

TEST_F(HttpSinkTest, AnAnswerWithoutEndIsCutOffAndCounts) {
  const size_t place = Deliver({"1"});
  FakeHttpClient::Exchange& exchange = *http_.requests()[0];
  exchange.Begin(200);
  for (size_t sent = 0; sent <= kMaxAnswerBytes; sent += 64 << 10) {
    exchange.Send(std::string(64 << 10, 'x'));
  }
  executor_.RunReady();
  EXPECT_TRUE(exchange.cancelled());
  ASSERT_TRUE(results_[place].has_value());
  EXPECT_EQ(results_[place]->outcomes[0].kind, Kind::kDelivered);
}

TEST_F(HttpSinkTest, TakesTheNextDeliveryInsideOfAnAnswer) {
  Start();
  int answers = 0;
  sink_->Deliver(Payloads({"1"}), [&](const DeliveryResult&) {
    ++answers;
    sink_->Deliver(Payloads({"2"}), [&](const DeliveryResult&) { ++answers; });
  });
  executor_.RunReady();
  Answer(0, 200);
  ASSERT_EQ(http_.requests().size(), 2u);
  EXPECT_EQ(LastRequest().body, "[2]");
  Answer(1, 200);
  EXPECT_EQ(answers, 2);
}

TEST_F(HttpSinkTest, GivesUpWhatIsUnderWayWhenItStops) {
  const size_t first = Deliver({"1"});
  const size_t second = Deliver({"2"});
  Stop();
  for (const size_t place : {first, second}) {
    EXPECT_TRUE(http_.requests()[place]->cancelled());
    ASSERT_TRUE(results_[place].has_value());
    EXPECT_EQ(results_[place]->outcomes[0].kind, Kind::kUnknown);
  }
}

TEST_F(HttpSinkTest, SendsNothingOnceItIsStopped) {
  Start();
  sink_->Stop([] {});
  const size_t late = Deliver({"1"});
  EXPECT_TRUE(http_.requests().empty());
  ASSERT_TRUE(results_[late].has_value());
  EXPECT_EQ(results_[late]->outcomes[0].kind, Kind::kRetry);
}

TEST_F(HttpSinkTest, StopsWithoutHavingBeenStarted) {
  auto sink = HttpSink::Create(config_);
  ASSERT_TRUE(sink.ok());
  bool stopped = false;
  (*sink)->Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace sluice::http
