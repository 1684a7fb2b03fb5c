#include "plugins/inthing/inthing_sink.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/event/event_batch.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::inthing {
namespace {

using Kind = Outcome::Kind;

constexpr char kOk[] =
    R"({"status":"ok","event":{"id":"1","url":"https://x/e/1/"}})";
constexpr char kMinuteLimit[] =
    R"({"status":"ratelimited","msg":"you have exceeded the maximum of 20 )"
    R"(requests in 60 seconds"})";

constexpr char kRateKey[] = "inthing test";

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

// Events of "d<index % 3>", with priority label `priority`.
Delivery MakeDelivery(int first, int count, const std::string& priority = "") {
  EventBatchBuilder builder;
  for (int i = first; i < first + count; ++i) {
    const std::string id = absl::StrCat("e", i);
    const std::string subject = absl::StrCat("d", i % 3);
    EventFields fields;
    fields.id = id;
    fields.type = "temperature";
    fields.subject = subject;
    fields.data = "{\"value\":1}";
    const LabelView label = {"priority", priority};
    fields.labels = {&label, 1};
    builder.Add(fields);
  }
  Delivery delivery;
  EventBatchPtr batch = builder.Build();
  for (int i = 0; i < count; ++i) {
    delivery.items.push_back(
        {static_cast<uint64_t>(first + i), batch->event(i), 1});
  }
  delivery.batches.push_back(std::move(batch));
  return delivery;
}

Delivery Joined(Delivery a, Delivery b) {
  for (DeliveryItem& item : b.items) a.items.push_back(item);
  for (EventBatchPtr& batch : b.batches) a.batches.push_back(std::move(batch));
  return a;
}

std::vector<Kind> KindsOf(const DeliveryResult& result) {
  std::vector<Kind> kinds;
  for (const Outcome& outcome : result.outcomes) kinds.push_back(outcome.kind);
  return kinds;
}

std::vector<Kind> Kinds(size_t first_count, Kind first, size_t rest_count = 0,
                        Kind rest = Kind::kNotTried) {
  std::vector<Kind> kinds(first_count, first);
  kinds.insert(kinds.end(), rest_count, rest);
  return kinds;
}

class InthingSinkTest : public testing::Test {
 protected:
  InthingSinkTest() {
    options_.stream = {"/will/test/", "daffodil"};
    options_.rules.host_name = "host";
    options_.rules.title = *Template::Parse("{{ id }}");
    options_.rules.priority_rules.push_back(
        {*Condition::Parse("labels.priority == \"urgent\""), 2});
    options_.rate_key = kRateKey;
    context_.name = "ops";
    context_.executor = &executor_;
    context_.http = &http_;
    context_.health = &health_;
    context_.metrics = &metrics_;
    context_.random = &random_ref_;
    context_.rate_budgets = &budgets_;
  }

  void Start() {
    sink_ = std::make_unique<InthingSink>(options_);
    ASSERT_TRUE(sink_->Start(context_).ok());
    // The budget begins with half a burst; let it fill up.
    TakeBesideTheSink(RateBudget::Claim::kUrgent);
    executor_.Advance(absl::Minutes(10));
  }
  // What another sink of the stream takes; returns how long it would have to
  // wait for one.
  absl::Duration TakeBesideTheSink(RateBudget::Claim claim) {
    RateBudget::Share other(
        budgets_.Get(kRateKey, {absl::Minutes(1), absl::Minutes(15)}));
    const absl::Duration wait = other.Take(executor_.MonotonicNow(), claim);
    if (wait == absl::ZeroDuration()) other.Done();
    return wait;
  }
  void Deliver(Delivery delivery) {
    answer_.reset();
    sink_->Deliver(std::move(delivery), [this](DeliveryResult result) {
      EXPECT_FALSE(answer_.has_value());
      answer_ = std::move(result);
    });
    executor_.RunReady();
  }
  void Respond(int status, std::string body, HttpHeaders headers = {}) {
    ASSERT_NE(http_.open(), nullptr);
    http_.open()->Respond(status, std::move(body), std::move(headers));
    executor_.RunReady();
    ASSERT_TRUE(answer_.has_value());
  }
  // Uses up the tokens, so that the next post has to wait.
  void Exhaust(RateBudget::Claim claim = RateBudget::Claim::kUrgent) {
    while (TakeBesideTheSink(claim) == absl::ZeroDuration()) {
    }
  }
  const std::string& last_body() {
    return http_.requests().back()->request().body;
  }
  uint64_t Count(const char* metric) {
    return metrics_.counter(metric, context_.metric_labels())->value();
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  LastHealth health_;
  MetricRegistry metrics_;
  std::mt19937_64 random_{7};
  absl::BitGenRef random_ref_{random_};
  RateBudgets budgets_;
  ComponentContext context_;
  InthingSinkOptions options_;
  std::unique_ptr<InthingSink> sink_;
  std::optional<DeliveryResult> answer_;
};

TEST_F(InthingSinkTest, ALoneEventIsPostedAtOnce) {
  Start();
  Deliver(MakeDelivery(0, 1));
  EXPECT_EQ(last_body().find("stream=%2Fwill%2Ftest%2F&password=daffodil&"
                             "title=e0&type=text&"),
            0);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kDelivered));
  EXPECT_EQ(answer_->retry_after, std::nullopt);
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  EXPECT_EQ(Count("inthing_posts_total"), 1);
}

TEST_F(InthingSinkTest, AFewEventsArePostedOneByOneOldestFirst) {
  Start();
  Deliver(MakeDelivery(0, 3));
  EXPECT_NE(last_body().find("title=e0&"), std::string::npos);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kDelivered, 2));
}

TEST_F(InthingSinkTest, ManyEventsGoIntoOneDigest) {
  Start();
  Deliver(MakeDelivery(0, 12));
  EXPECT_NE(last_body().find("title=12+events+from+3+devices"),
            std::string::npos);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(12, Kind::kDelivered));
  EXPECT_EQ(Count("inthing_digests_total"), 1);
  EXPECT_EQ(Count("inthing_digested_events_total"), 12);
  // One post of 500 per 10 s.
  EXPECT_EQ(
      metrics_.gauge(kAllowedEventsPerHour, context_.metric_labels())->value(),
      360 * 500);
}

TEST_F(InthingSinkTest, APictureIsPostedWithItsEventOrWithTheDigest) {
  options_.rules.type = "image";
  options_.rules.image.emplace();
  // The first bytes of a PNG.
  options_.rules.image->base64 = *Template::Parse("iVBORw0KGgo=");
  Start();
  const auto pictures = [this] {
    size_t count = 0;
    for (size_t at = 0;
         (at = last_body().find("filename=", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  Deliver(MakeDelivery(0, 1));
  EXPECT_EQ(pictures(), 1);
  Respond(200, kOk);
  Deliver(MakeDelivery(1, 12));
  EXPECT_NE(last_body().find("12 events from"), std::string::npos);
  EXPECT_EQ(pictures(), 1);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(12, Kind::kDelivered));
  // One alone of many, because it is urgent and the others are not.
  Deliver(Joined(MakeDelivery(20, 1, "urgent"), MakeDelivery(21, 9)));
  EXPECT_NE(last_body().find("e20"), std::string::npos);
  EXPECT_EQ(pictures(), 1);
}

TEST_F(InthingSinkTest, AnEventWithoutAPictureIsADeadLetter) {
  options_.rules.type = "image";
  options_.rules.image.emplace();
  options_.rules.image->base64 = *Template::Parse("{{ data.jpeg }}");
  Start();
  Deliver(MakeDelivery(0, 1));
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(answer_->outcomes[0].kind, Kind::kRejected);
  EXPECT_EQ(answer_->outcomes[0].reason, "image");
}

TEST_F(InthingSinkTest, WhileThePaceSaysWaitEverythingIsLeftForLater) {
  Start();
  Exhaust();
  Deliver(MakeDelivery(0, 2));
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(KindsOf(*answer_), Kinds(2, Kind::kNotTried));
  EXPECT_EQ(answer_->retry_after, absl::Seconds(30));
  EXPECT_TRUE(http_.requests().empty());

  executor_.Advance(absl::Seconds(30));
  Deliver(MakeDelivery(0, 40));
  EXPECT_NE(last_body().find("title=40+events"), std::string::npos);
}

TEST_F(InthingSinkTest, UrgentEventsStandAloneAndMayTakeTheReserve) {
  Start();
  Deliver(Joined(MakeDelivery(0, 5), MakeDelivery(5, 1, "urgent")));
  EXPECT_NE(last_body().find("title=5+events"), std::string::npos);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(5, Kind::kDelivered, 1));

  Exhaust(RateBudget::Claim::kNormal);
  Deliver(Joined(MakeDelivery(5, 1, "urgent"), MakeDelivery(6, 5)));
  EXPECT_NE(last_body().find("title=e5&"), std::string::npos);
  EXPECT_NE(last_body().find("priority=2&"), std::string::npos);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kDelivered, 5));
}

TEST_F(InthingSinkTest, AFloodOfUrgentEventsIsDigestedToo) {
  Start();
  Deliver(Joined(MakeDelivery(0, 10, "urgent"), MakeDelivery(10, 2)));
  EXPECT_NE(last_body().find("title=12+events"), std::string::npos);
  EXPECT_NE(last_body().find("priority=2&"), std::string::npos);
}

TEST_F(InthingSinkTest, ARateLimitIsWaitedForAndThenWhatPiledUpIsDigested) {
  Start();
  Deliver(MakeDelivery(0, 2));
  Respond(200, kMinuteLimit);
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kRetry, 1));
  ASSERT_TRUE(answer_->retry_after.has_value());
  const absl::Duration wait = *answer_->retry_after;
  EXPECT_GT(wait, absl::Seconds(0));
  EXPECT_LE(wait, absl::Seconds(62));
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  EXPECT_EQ(Count("inthing_rate_limits_total"), 1);

  Deliver(MakeDelivery(0, 5));
  EXPECT_EQ(KindsOf(*answer_), Kinds(5, Kind::kNotTried));
  EXPECT_EQ(answer_->retry_after, wait);
  executor_.Advance(wait);
  Deliver(MakeDelivery(0, 9));
  EXPECT_NE(last_body().find("title=9+events"), std::string::npos);
  Respond(200, kOk);
  EXPECT_EQ(KindsOf(*answer_), Kinds(9, Kind::kDelivered));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(InthingSinkTest, RateLimitsInARowMakeLongerAndLongerWaits) {
  Start();
  for (int at_least : {0, 1, 2, 4, 8, 15, 15}) {
    Deliver(MakeDelivery(0, 1));
    Respond(200, kMinuteLimit);
    const absl::Duration wait = *answer_->retry_after;
    EXPECT_GE(wait, absl::Minutes(at_least));
    EXPECT_LE(wait, absl::Minutes(std::max(at_least, 1)) + absl::Seconds(2));
    executor_.Advance(wait);
  }
}

TEST_F(InthingSinkTest, AnUnclaimedStreamIsNoticed) {
  options_.unclaimed_rate = UnclaimedLimits();
  Start();
  Deliver(MakeDelivery(0, 1));
  Respond(200, R"({"status":"ratelimited","msg":"Unclaimed streams are )"
               R"(rate-limited to 10 events a minute"})");
  executor_.Advance(*answer_->retry_after);
  Exhaust();
  EXPECT_EQ(TakeBesideTheSink(RateBudget::Claim::kUrgent), absl::Seconds(37.5));
}

TEST_F(InthingSinkTest, AWrongPasswordNamesTheField) {
  Start();
  Deliver(MakeDelivery(0, 2));
  Respond(200, R"({"status":"fail","msg":"failed to validate",)"
               R"("field_errors":{"password":["password failed"]}})");
  EXPECT_EQ(answer_->misconfigured.code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(answer_->misconfigured.message(), "password: password failed");
  EXPECT_EQ(health_.last.state, HealthState::kPaused);
  EXPECT_EQ(health_.last.message.find("daffodil"), std::string::npos);
}

TEST_F(InthingSinkTest, AnUnknownStreamNamesTheField) {
  Start();
  Deliver(MakeDelivery(0, 1));
  Respond(200, R"({"status":"fail","msg":"failed to validate",)"
               R"("field_errors":{"stream":["stream does not exist"]}})");
  EXPECT_EQ(answer_->misconfigured.message(), "stream: stream does not exist");
}

TEST_F(InthingSinkTest, AProxyThatRefusesNamesTheUrl) {
  Start();
  for (int status : {301, 401, 403, 404}) {
    Deliver(MakeDelivery(0, 1));
    Respond(status, "no");
    EXPECT_EQ(answer_->misconfigured.message().find("url: "), 0) << status;
  }
}

TEST_F(InthingSinkTest, AValidationErrorRejectsTheEvent) {
  Start();
  Deliver(MakeDelivery(0, 2));
  Respond(200, R"({"status":"fail","msg":"failed to validate",)"
               R"("field_errors":{"title":["This field is required"]}})");
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kRejected, 1));
  EXPECT_EQ(answer_->outcomes[0].reason, "validation");
  EXPECT_NE(answer_->outcomes[0].message.find("title: This field"),
            std::string::npos);
}

TEST_F(InthingSinkTest, ARefusedDigestIsHalvedUntilTheGuiltyEventStandsAlone) {
  options_.rate = {.burst = 100, .interval = absl::Seconds(1)};
  Start();
  // Events still waiting; e5 is the one that the service does not take.
  std::deque<int> waiting;
  for (int i = 0; i < 12; ++i) waiting.push_back(i);
  std::vector<int> rejected;
  std::vector<int> delivered;
  for (int round = 0; round < 60 && !waiting.empty(); ++round) {
    Delivery delivery = MakeDelivery(waiting.front(), waiting.size());
    Deliver(std::move(delivery));
    if (!answer_.has_value()) {
      // A digest lists its events by title, a single post has it as title.
      const bool guilty = last_body().find("title=e5&") != std::string::npos ||
                          last_body().find("-+e5%0A") != std::string::npos;
      Respond(200, guilty ? R"({"status":"fail","field_errors":{}})" : kOk);
    }
    for (const Outcome& outcome : answer_->outcomes) {
      if (outcome.kind == Kind::kDelivered) {
        delivered.push_back(waiting.front());
        waiting.pop_front();
      } else if (outcome.kind == Kind::kRejected) {
        rejected.push_back(waiting.front());
        waiting.pop_front();
      }
    }
    executor_.Advance(absl::Seconds(2));
  }
  EXPECT_EQ(rejected, std::vector<int>{5});
  EXPECT_EQ(delivered, (std::vector<int>{0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11}));
}

TEST_F(InthingSinkTest, ALostAnswerIsUnknownAndAnUnsentRequestIsARetry) {
  Start();
  Deliver(MakeDelivery(0, 5));
  http_.open()->Fail(absl::UnavailableError("reset"), true);
  executor_.RunReady();
  EXPECT_EQ(KindsOf(*answer_), Kinds(5, Kind::kUnknown));

  Deliver(MakeDelivery(0, 1));
  http_.open()->Fail(absl::UnavailableError("refused"), false);
  executor_.RunReady();
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kRetry));

  Deliver(MakeDelivery(0, 1));
  executor_.Advance(absl::Minutes(2));
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kUnknown));

  Deliver(MakeDelivery(0, 1));
  http_.open()->Fail(absl::FailedPreconditionError("bad certificate"), false);
  executor_.RunReady();
  EXPECT_EQ(answer_->misconfigured.message(), "url: bad certificate");
}

TEST_F(InthingSinkTest, AServiceUnavailableIsRetriedWhenItSays) {
  Start();
  Deliver(MakeDelivery(0, 1));
  Respond(503, "busy", {{"Retry-After", "17"}});
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kRetry));
  EXPECT_EQ(answer_->retry_after, absl::Seconds(17));
}

TEST_F(InthingSinkTest, AnEventThatBreaksTheServiceIsGivenUpInTheEnd) {
  Start();
  for (uint32_t attempt = 1; attempt <= 4; ++attempt) {
    Delivery delivery = MakeDelivery(0, 1);
    delivery.items[0].attempt = attempt;
    Deliver(std::move(delivery));
    Respond(200, R"({"status":"error","msg":"boom"})");
    EXPECT_EQ(answer_->outcomes[0].kind,
              attempt < 4 ? Kind::kUnknown : Kind::kRejected);
  }
  EXPECT_EQ(answer_->outcomes[0].reason, "server_error");
}

TEST_F(InthingSinkTest, AnEventThatNoTemplateFitsIsRejectedAlone) {
  options_.rules.title = *Template::Parse("{{ labels.room }}");
  Start();
  Deliver(MakeDelivery(0, 2));
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kRejected, 1));
  EXPECT_EQ(answer_->outcomes[0].reason, "template");
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(InthingSinkTest, StopAnswersWhatIsUnderWay) {
  Start();
  Deliver(MakeDelivery(0, 2));
  bool stopped = false;
  sink_->Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
  EXPECT_EQ(KindsOf(*answer_), Kinds(1, Kind::kUnknown, 1));
  sink_.reset();
  EXPECT_TRUE(http_.requests().back()->cancelled());
}

// The rate limits of the service, per stream and window.
class LimitedServer {
 public:
  explicit LimitedServer(bool claimed) : claimed_(claimed) {}

  // The answer to a post at `now`.
  std::string Answer(absl::Time now) {
    if (Over(60, 20, now) || Over(900, 100, now) ||
        (!claimed_ &&
         (Over(60'000, 10, now, 60) || Over(900'000, 30, now, 900)))) {
      ++violations;
      return kMinuteLimit;
    }
    return kOk;
  }

  int violations = 0;

 private:
  // Counts in window `span` seconds; `key` tells counters apart.
  bool Over(int key, int max, absl::Time now, int span = 0) {
    if (span == 0) span = key;
    const int64_t window = absl::ToUnixSeconds(now) / span;
    return ++counts_[{key, window}] > max;
  }

  const bool claimed_;
  std::map<std::pair<int, int64_t>, int> counts_;
};

// A day of events through the sink, delivered as the pipeline does it.
class InthingSinkDayTest : public InthingSinkTest,
                           public testing::WithParamInterface<bool> {
 protected:
  // What arrives in the second `now` of the day.
  int Arrivals(int now) {
    // Ten events/s for a minute each hour, else one every 20 s or so, and a
    // burst of 500 at noon.
    if (now == 43'200) return 500;
    if (now % 3600 < 60) return 10;
    return std::uniform_int_distribution<int>(0, 19)(random_) == 0;
  }

  void Offer(LimitedServer* server) {
    while (executor_.MonotonicNow() >= not_before_ && !waiting_.empty()) {
      const size_t count =
          std::min(waiting_.size(), sink_->traits().max_batch_events);
      Deliver(MakeDelivery(waiting_.front(), static_cast<int>(count)));
      if (!answer_.has_value()) {
        ++posts_;
        Respond(200, server->Answer(executor_.Now()));
      }
      TakeAnswer();
    }
  }

  void TakeAnswer() {
    bool is_prefix = true;
    for (const Outcome& outcome : answer_->outcomes) {
      if (outcome.kind != Kind::kDelivered) {
        is_prefix = false;
        continue;
      }
      ASSERT_TRUE(is_prefix);
      waiting_.pop_front();
      ++delivered_;
    }
    if (answer_->retry_after.has_value()) {
      not_before_ = executor_.MonotonicNow() + *answer_->retry_after;
    }
  }

  std::deque<int> waiting_;
  absl::Duration not_before_;
  int delivered_ = 0;
  int posts_ = 0;
};

TEST_P(InthingSinkDayTest, NoLimitIsHitAndEverythingArrivesInOrder) {
  const bool claimed = GetParam();
  options_.rate = claimed ? ClaimedLimits() : UnclaimedLimits();
  sink_ = std::make_unique<InthingSink>(options_);
  ASSERT_TRUE(sink_->Start(context_).ok());
  LimitedServer server(claimed);
  int made = 0;
  for (int second = 0; second < 86'400; ++second) {
    for (int i = Arrivals(second); i > 0; --i) waiting_.push_back(made++);
    Offer(&server);
    executor_.Advance(absl::Seconds(1));
  }
  // What the last minute left.
  executor_.Advance(absl::Minutes(5));
  while (!waiting_.empty()) {
    Offer(&server);
    executor_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(server.violations, 0);
  EXPECT_EQ(delivered_, made);
  EXPECT_GT(made, 18'000);
  EXPECT_LT(posts_, claimed ? 8'700 : 2'400);
}

INSTANTIATE_TEST_SUITE_P(Streams, InthingSinkDayTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Claimed" : "Unclaimed";
                         });

}  // namespace
}  // namespace sluice::inthing
