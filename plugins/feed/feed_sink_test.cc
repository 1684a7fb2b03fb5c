#include "plugins/feed/feed_sink.h"

#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/metrics/metrics.h"
#include "proto/event/v1/event.pb.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::feed {
namespace {

using Kind = Outcome::Kind;
using Kinds = std::vector<Kind>;

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

class FeedSinkTest : public ::testing::Test {
 protected:
  FeedSinkTest() {
    EXPECT_EQ(setenv("FEED_SINK_TEST_SECRET", "s3cret-value", 1), 0);
    config_.set_api_key("key");
    config_.mutable_api_secret()->set_env("FEED_SINK_TEST_SECRET");
    config_.set_base_url("http://localhost:8000");
    config_.set_feed("room:{{ labels.room }}");
    config_.set_foreign_id("{{ id }}");
  }

  ~FeedSinkTest() override {
    if (sink_ == nullptr) return;
    bool stopped = false;
    sink_->Stop([&] { stopped = true; });
    executor_.RunReady();
    EXPECT_TRUE(stopped);
  }

  void Start() {
    auto sink = FeedSink::Create(config_);
    ASSERT_TRUE(sink.ok()) << sink.status();
    sink_ = *std::move(sink);
    ComponentContext context;
    context.name = "room-feed";
    context.pipeline = "office";
    context.executor = &executor_;
    context.http = &http_;
    context.health = &health_;
    context.metrics = &metrics_;
    context.random = &random_;
    ASSERT_TRUE(sink_->Start(context).ok());
  }

  // A delivery of events with these ids; "9/e1" is e1 of room 9.
  Delivery Events(const std::vector<std::string>& ids, uint32_t attempt = 1) {
    EventBatchBuilder builder;
    for (const std::string& id : ids) {
      event::v1::Event event;
      const size_t slash = id.find('/');
      event.set_id(slash == std::string::npos ? id : id.substr(slash + 1));
      event.set_source("test");
      event.set_type("touch");
      event.set_subject("d1");
      event.set_time_unix_nanos(1'577'934'245'123'456'000);
      event::v1::Label* label = event.add_labels();
      label->set_key("room");
      label->set_value(slash == std::string::npos ? "1" : id.substr(0, slash));
      builder.Add(event);
    }
    Delivery delivery;
    delivery.timeout = absl::Seconds(30);
    EventBatchPtr batch = builder.Build();
    for (size_t i = 0; i < batch->size(); ++i) {
      delivery.items.push_back({i, batch->event(i), attempt});
    }
    delivery.batches.push_back(std::move(batch));
    return delivery;
  }

  void Deliver(Delivery delivery) {
    if (sink_ == nullptr) Start();
    result_.reset();
    sink_->Deliver(std::move(delivery), [this](DeliveryResult result) {
      EXPECT_FALSE(result_.has_value());
      result_ = std::move(result);
    });
    executor_.RunReady();
  }
  void Deliver(const std::vector<std::string>& ids) { Deliver(Events(ids)); }

  // Foreign ids in the body of a request, in order.
  static std::vector<std::string> Ids(
      const FakeHttpClient::Exchange& exchange) {
    std::vector<std::string> ids;
    const std::string& body = exchange.request().body;
    constexpr std::string_view kName = "\"foreign_id\":\"";
    for (size_t at = body.find(kName); at != std::string::npos;
         at = body.find(kName, at + 1)) {
      const size_t begin = at + kName.size();
      ids.push_back(body.substr(begin, body.find('"', begin) - begin));
    }
    return ids;
  }

  static std::string Stored(size_t count) {
    std::string body = "{\"duration\":\"1ms\",\"activities\":[";
    for (size_t i = 0; i < count; ++i) body += i == 0 ? "{}" : ",{}";
    return body + "]}";
  }

  static std::string Error(int status, int code) {
    return absl::StrCat(
        "{\"exception\":\"SomeException\",\"detail\":\"why\","
        "\"status_code\":",
        status, ",\"code\":", code, "}");
  }

  void Answer(int status, std::string body = "", HttpHeaders headers = {}) {
    ASSERT_NE(http_.open(), nullptr);
    http_.open()->Respond(status, std::move(body), std::move(headers));
    executor_.RunReady();
  }
  void Accept() { Answer(201, Stored(Ids(*http_.open()).size())); }

  // Answers until nothing is open: 400 to requests with a poisonous event.
  void AnswerAll(const std::set<std::string>& poison, int status = 400,
                 int code = 4) {
    while (http_.open() != nullptr) {
      // Answers take their time, so the limits on requests are not met.
      executor_.Advance(absl::Milliseconds(80));
      bool bad = false;
      for (const std::string& id : Ids(*http_.open())) {
        if (poison.count(id) > 0) {
          bad = true;
        }
      }
      if (bad) {
        Answer(status, Error(status, code));
      } else {
        Accept();
      }
    }
  }

  Kinds Outcomes() const {
    Kinds kinds;
    EXPECT_TRUE(result_.has_value());
    if (!result_.has_value()) return kinds;
    for (const Outcome& outcome : result_->outcomes) {
      kinds.push_back(outcome.kind);
    }
    return kinds;
  }

  int64_t Metric(std::string_view name) {
    return static_cast<int64_t>(
        metrics_
            .counter(name, {{"component", "room-feed"}, {"pipeline", "office"}})
            ->value());
  }

  v1::FeedSinkConfig config_;
  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  LastHealth health_;
  MetricRegistry metrics_;
  absl::BitGen generator_;
  absl::BitGenRef random_{generator_};
  std::unique_ptr<Sink> sink_;
  std::optional<DeliveryResult> result_;
};

TEST_F(FeedSinkTest, AddsADeliveryInOneRequestPerFeed) {
  Deliver({"1/a", "2/b", "1/c"});
  ASSERT_EQ(http_.requests().size(), 2u);
  EXPECT_EQ(Ids(*http_.requests()[0]), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(Ids(*http_.requests()[1]), (std::vector<std::string>{"b"}));
  EXPECT_EQ(http_.requests()[1]->request().url,
            "http://localhost:8000/api/v1.0/feed/room/2/?api_key=key");
  Accept();
  EXPECT_FALSE(result_.has_value());
  Accept();
  EXPECT_EQ(Outcomes(), (Kinds(3, Kind::kDelivered)));
  EXPECT_FALSE(result_->retry_after.has_value());
  EXPECT_TRUE(result_->misconfigured.ok());
  EXPECT_EQ(Metric("feed_requests_total"), 2);
  EXPECT_EQ(Metric("feed_activities_total"), 3);
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(FeedSinkTest, SendsTheSameBytesAgainOnARetry) {
  config_.clear_foreign_id();
  Deliver({"a", "b"});
  Answer(503);
  EXPECT_EQ(Outcomes(), (Kinds(2, Kind::kRetry)));
  executor_.Advance(absl::Minutes(5));
  Deliver({"a", "b"});
  Accept();
  EXPECT_EQ(http_.requests()[0]->request().body,
            http_.requests()[1]->request().body);
  EXPECT_EQ(Outcomes(), (Kinds(2, Kind::kDelivered)));
  EXPECT_EQ(Metric("feed_retries_total"), 1);
}

TEST_F(FeedSinkTest, KeepsRequestsOfOneFeedInOrder) {
  config_.set_max_request_activities(2);
  Deliver({"a", "b", "c", "d", "e"});
  std::vector<size_t> sizes;
  while (http_.open() != nullptr) {
    sizes.push_back(Ids(*http_.open()).size());
    EXPECT_EQ(http_.requests().size(), sizes.size());
    Accept();
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{2, 2, 1}));
  EXPECT_EQ(Outcomes(), (Kinds(5, Kind::kDelivered)));
}

TEST_F(FeedSinkTest, BoundsTheRequestsUnderWay) {
  config_.set_max_concurrent_requests(2);
  Deliver({"1/a", "2/b", "3/c"});
  EXPECT_EQ(http_.requests().size(), 2u);
  Accept();
  EXPECT_EQ(http_.requests().size(), 3u);
  AnswerAll({});
  EXPECT_EQ(Outcomes(), (Kinds(3, Kind::kDelivered)));
}

TEST_F(FeedSinkTest, RejectsEventsThatMakeNoActivityAndSendsTheOthers) {
  Deliver({"no room/a", "1/b,c", "1/d"});
  Accept();
  EXPECT_EQ(Outcomes(),
            (Kinds{Kind::kRejected, Kind::kRejected, Kind::kDelivered}));
  EXPECT_EQ(result_->outcomes[0].reason, "invalid_feed");
  EXPECT_EQ(result_->outcomes[1].reason, "invalid_foreign_id");
  Deliver({"no room/a"});
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kRejected}));
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(FeedSinkTest, SplitsARefusedRequestUntilTheGuiltyOneStandsAlone) {
  Deliver({"1/a", "1/b", "1/poison", "1/d", "2/e", "1/f"});
  AnswerAll({"poison"});
  EXPECT_EQ(Outcomes(),
            (Kinds{Kind::kDelivered, Kind::kDelivered, Kind::kRejected,
                   Kind::kDelivered, Kind::kDelivered, Kind::kDelivered}));
  EXPECT_EQ(result_->outcomes[2].reason, "refused");
  EXPECT_EQ(result_->outcomes[2].message,
            "the service answered 400, code 4, SomeException: why");
  EXPECT_GT(Metric("feed_splits_total"), 0);
}

TEST_F(FeedSinkTest, FindsOneOfAHundredWithFewRequests) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(absl::StrCat("e", i));
  Deliver(ids);
  AnswerAll({"e77"});
  EXPECT_LE(http_.requests().size(), 16u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Outcomes()[i], i == 77 ? Kind::kRejected : Kind::kDelivered) << i;
  }
}

TEST_F(FeedSinkTest, BoundsWhatSplittingCosts) {
  std::vector<std::string> ids;
  std::set<std::string> poison;
  for (int i = 0; i < 100; ++i) {
    ids.push_back(absl::StrCat("e", i));
    poison.insert(ids.back());
  }
  Deliver(ids);
  AnswerAll(poison);
  EXPECT_LE(http_.requests().size(), 130u);
  std::set<Kind> kinds;
  for (Kind kind : Outcomes()) kinds.insert(kind);
  EXPECT_EQ(kinds, (std::set<Kind>{Kind::kRejected, Kind::kRetry}));
}

TEST_F(FeedSinkTest, AsksTheSuspectsTheAnswerNamesFirst) {
  Deliver({"a", "b", "c", "d"});
  Answer(400, R"({"exception":"InputException","code":4,"detail":"why",)"
              R"("exception_fields":[{},{},{"actor":["bad"]},{}]})");
  AnswerAll({"c"});
  EXPECT_EQ(http_.requests().size(), 4u);
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kDelivered, Kind::kDelivered,
                               Kind::kRejected, Kind::kDelivered}));
}

TEST_F(FeedSinkTest, HalvesARequestThatIsTooLarge) {
  Deliver({"a", "b"});
  Answer(413, Error(413, 18));
  AnswerAll({"b"}, 413, 18);
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kDelivered, Kind::kRejected}));
  EXPECT_EQ(result_->outcomes[1].reason, "too_large");
}

TEST_F(FeedSinkTest, RejectsAnOversizeEventWithoutSendingIt) {
  config_.set_max_activity_bytes(200);
  Deliver({"a", std::string(200, 'x')});
  Accept();
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kDelivered, Kind::kRejected}));
  EXPECT_EQ(result_->outcomes[1].reason, "too_large");
}

TEST_F(FeedSinkTest, SendsTwoActivitiesWithOneKeyOneAfterTheOther) {
  Deliver({"a", "a"});
  EXPECT_EQ(http_.requests().size(), 1u);
  Accept();
  EXPECT_EQ(http_.requests().size(), 2u);
  Accept();
  EXPECT_EQ(Outcomes(), (Kinds(2, Kind::kDelivered)));
}

TEST_F(FeedSinkTest, WaitsAsTheRateLimitSays) {
  const std::string reset =
      absl::StrCat(absl::ToUnixSeconds(executor_.Now()) + 20);
  Deliver({"1/a", "2/b"});
  Answer(429, Error(429, 9), {{"X-RateLimit-Reset", reset}});
  Accept();
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kNotTried, Kind::kDelivered}));
  ASSERT_TRUE(result_->retry_after.has_value());
  EXPECT_GE(*result_->retry_after, absl::Seconds(20));
  EXPECT_LE(*result_->retry_after, absl::Seconds(22));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  EXPECT_EQ(Metric("feed_throttles_total"), 1);

  // The pause goes for deliveries to come, too.
  executor_.Advance(absl::Seconds(10));
  Deliver({"1/a"});
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kNotTried}));
  EXPECT_GE(*result_->retry_after, absl::Seconds(10));
  EXPECT_EQ(http_.requests().size(), 2u);
  executor_.Advance(absl::Seconds(12));
  Deliver({"1/a"});
  Accept();
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kDelivered}));
}

TEST_F(FeedSinkTest, BacksOffFromThrottlingThatNamesNoTime) {
  for (absl::Duration wait :
       {absl::Seconds(1), absl::Seconds(2), absl::Seconds(4)}) {
    Deliver({"a"});
    Answer(429, Error(429, 9));
    EXPECT_GE(*result_->retry_after, wait);
    EXPECT_LE(*result_->retry_after, wait * 1.1);
    executor_.Advance(*result_->retry_after);
  }
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
}

TEST_F(FeedSinkTest, DoesNotSendTheRestOfAThrottledDelivery) {
  config_.set_max_request_activities(1);
  config_.set_max_concurrent_requests(1);
  Deliver({"1/a", "1/b", "2/c"});
  Answer(429, Error(429, 9));
  EXPECT_EQ(Outcomes(), (Kinds(3, Kind::kNotTried)));
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(FeedSinkTest, KeepsTheDocumentedLimitsWhileNoAnswerTellsOfAny) {
  // Half of the burst, for a process before this one may have used the rest.
  for (int i = 0; i < 100; ++i) {
    Deliver({absl::StrCat("e", i)});
    Accept();
    ASSERT_EQ(Outcomes()[0], Kind::kDelivered) << i;
  }
  Deliver({"one too many"});
  EXPECT_EQ(Outcomes()[0], Kind::kNotTried);
  ASSERT_TRUE(result_->retry_after.has_value());
  EXPECT_LT(*result_->retry_after, absl::Milliseconds(100));
  executor_.Advance(*result_->retry_after);
  Deliver({"again"});
  Accept();
  EXPECT_EQ(Outcomes()[0], Kind::kDelivered);
}

TEST_F(FeedSinkTest, PausesWhenTheWindowIsUsedUp) {
  Deliver({"a"});
  Answer(201, Stored(1),
         {{"X-RateLimit-Limit", "1000"},
          {"X-RateLimit-Remaining", "0"},
          {"X-RateLimit-Reset",
           absl::StrCat(absl::ToUnixSeconds(executor_.Now()) + 30)}});
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kDelivered}));
  Deliver({"b"});
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kNotTried}));
  EXPECT_GE(*result_->retry_after, absl::Seconds(30));
  EXPECT_LE(*result_->retry_after, absl::Seconds(32));
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(FeedSinkTest, NeverBlamesEventsForItsConfiguration) {
  struct Case {
    int status;
    int code;
    std::string field;
  };
  for (const Case& c : std::vector<Case>{{401, 2, "api_key: "},
                                         {403, 17, "api_secret: "},
                                         {400, 6, "feed: "},
                                         {404, 16, "base_url: "}}) {
    Deliver({"1/a", "1/b", "2/c"});
    Answer(c.status, Error(c.status, c.code));
    Accept();
    EXPECT_EQ(Outcomes(),
              (Kinds{Kind::kNotTried, Kind::kNotTried, Kind::kDelivered}));
    const std::string message(result_->misconfigured.message());
    EXPECT_TRUE(message.starts_with(c.field)) << message;
    EXPECT_EQ(message.find("s3cret-value"), std::string::npos);
  }
}

TEST_F(FeedSinkTest, TellsWhatWasSentFromWhatWasNot) {
  Deliver({"a"});
  http_.open()->Fail(absl::UnavailableError("refused"), false);
  executor_.RunReady();
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kRetry}));
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  Deliver({"a"});
  http_.open()->Fail(absl::UnavailableError("reset"), true);
  executor_.RunReady();
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kUnknown}));
  Deliver({"a"});
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kUnknown}));
}

TEST_F(FeedSinkTest, DoesNotLetLaterEventsOvertakeFailedOnes) {
  config_.set_max_request_activities(1);
  Deliver({"1/a", "1/b", "2/c"});
  Answer(502);
  AnswerAll({});
  EXPECT_EQ(Outcomes(),
            (Kinds{Kind::kUnknown, Kind::kNotTried, Kind::kDelivered}));
}

TEST_F(FeedSinkTest, IsolatesAnActivityThatTheServiceKeepsFailingOver) {
  Deliver(Events({"a", "b", "c"}, 5));
  AnswerAll({"b"}, 500, -1);
  EXPECT_EQ(Outcomes(), (Kinds(3, Kind::kUnknown)));
  Deliver(Events({"a", "b", "c"}, 6));
  AnswerAll({"b"}, 500, -1);
  EXPECT_EQ(Outcomes(),
            (Kinds{Kind::kDelivered, Kind::kUnknown, Kind::kNotTried}));
}

TEST_F(FeedSinkTest, AnswersWhenTheTimeOfADeliveryIsUp) {
  config_.set_max_request_activities(1);
  config_.mutable_request_timeout()->set_seconds(60);
  Delivery delivery = Events({"a", "b"});
  delivery.timeout = absl::Seconds(5);
  Deliver(std::move(delivery));
  EXPECT_EQ(http_.open()->request().total_timeout, absl::Seconds(5));
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kUnknown, Kind::kNotTried}));
}

TEST_F(FeedSinkTest, AnswersEverythingWhenStopped) {
  config_.set_max_concurrent_requests(1);
  Deliver({"1/a", "2/b"});
  bool stopped = false;
  sink_->Stop([&] { stopped = true; });
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kUnknown, Kind::kRetry}));
  EXPECT_TRUE(http_.requests()[0]->cancelled());
  executor_.RunReady();
  EXPECT_TRUE(stopped);
  Deliver({"a"});
  EXPECT_EQ(Outcomes(), (Kinds{Kind::kRetry}));
}

TEST_F(FeedSinkTest, TakesTheNextDeliveryFromInsideTheAnswer) {
  Start();
  int answered = 0;
  sink_->Deliver(Events({"a"}), [&](DeliveryResult) {
    ++answered;
    sink_->Deliver(Events({"b"}), [&](DeliveryResult) { ++answered; });
  });
  AnswerAll({});
  EXPECT_EQ(answered, 2);
}

TEST_F(FeedSinkTest, NamesTheFieldOfEveryConfigurationError) {
  const auto field = [](const v1::FeedSinkConfig& config) {
    return ConfigErrorField(FeedSink::Create(config).status());
  };
  v1::FeedSinkConfig config = config_;
  config.clear_api_key();
  EXPECT_EQ(field(config), "api_key");
  config = config_;
  config.mutable_api_secret()->set_env("FEED_SINK_TEST_NOT_SET");
  EXPECT_EQ(field(config), "api_secret");
  config = config_;
  config.set_verb("{{ verb }}");
  EXPECT_EQ(field(config), "verb");
  config = config_;
  config.mutable_request_timeout()->set_seconds(601);
  EXPECT_EQ(field(config), "request_timeout");
  config = config_;
  config.set_max_request_activities(1001);
  EXPECT_EQ(field(config), "max_request_activities");
  config = config_;
  config.set_max_request_bytes(10);
  EXPECT_EQ(field(config), "max_request_bytes");
  config = config_;
  config.set_max_concurrent_requests(257);
  EXPECT_EQ(field(config), "max_concurrent_requests");
}

}  // namespace
}  // namespace sluice::feed
