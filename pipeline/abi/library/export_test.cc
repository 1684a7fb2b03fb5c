// Both sides of the ABI in one module: plugins as a library exports them,
// called by the host.

#include "pipeline/abi/library/export.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/host/fake_plugin.h"
#include "pipeline/abi/host/plugin_library.h"
#include "proto/config/v1/secret.pb.h"
#include "storage/event/event_batch.h"
#include "tests/testing/fake_http_client.h"

namespace sluice::abi {
namespace {

using config::v1::LabelMatch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// What the tests tell plugins to do, and what these saw. One instance of a
// plugin is alive at a time.
struct Play {
  const ComponentContext* context = nullptr;
  Emitter* emitter = nullptr;
  std::optional<std::string> checkpoint;
  absl::Status start;
  absl::Status apply;
  absl::AnyInvocable<void()> on_deliver;
  std::vector<std::pair<Delivery, Sink::DeliverCallback>> deliveries;
  bool destroyed = false;
};
Play* play = nullptr;

absl::Status Started(const ComponentContext& context) {
  if (play->start.message() == "throw") throw std::runtime_error("no");
  play->context = &context;
  return play->start;
}

class PlayedSource final : public Source {
 public:
  ~PlayedSource() override { play->destroyed = true; }
  SourceTraits traits() const override { return {.may_repeat = false}; }
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override {
    play->emitter = emitter;
    play->checkpoint = std::move(checkpoint);
    return Started(context);
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
  bool finished() const override { return true; }
};

class PlayedTransform final : public Transform {
 public:
  absl::Status Apply(const EventView& event, TransformOutput& output) override {
    if (play->apply.message() == "throw") throw std::runtime_error("no");
    output.Pass(event);
    output.Emit(EventFields{.id = "made"});
    EventBatchBuilder builder;
    builder.Add(EventFields{.id = "other"});
    output.Pass(builder.Build()->event(0));
    return play->apply;
  }
};

class PlayedSink final : public Sink {
 public:
  SinkTraits traits() const override {
    return {.max_batch_events = 7,
            .max_batch_bytes = 8,
            .max_in_flight = 9,
            .idempotent = true,
            .timeout = absl::Seconds(10)};
  }
  absl::Status Start(const ComponentContext& context) override {
    return Started(context);
  }
  void Deliver(Delivery delivery, DeliverCallback done) override {
    if (play->on_deliver) play->on_deliver();
    play->deliveries.emplace_back(std::move(delivery), std::move(done));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
};

template <typename Component>
auto Maker() {
  return [](const LabelMatch& config)
             -> absl::StatusOr<std::unique_ptr<Component>> {
    if (config.value() == "throw") throw std::runtime_error("no");
    if (config.value() == "wrong") return ConfigError("value", "is wrong");
    if constexpr (std::is_same_v<Component, Source>) {
      return std::make_unique<PlayedSource>();
    } else if constexpr (std::is_same_v<Component, Sink>) {
      return std::make_unique<PlayedSink>();
    } else {
      return std::make_unique<PlayedTransform>();
    }
  };
}

absl::Status RegisterPlayed(PluginRegistry& registry) {
  for (const absl::Status& status :
       {registry.AddSource<LabelMatch>("played", "a source", Maker<Source>()),
        registry.AddTransform<LabelMatch>("played", "a transform",
                                          Maker<Transform>()),
        registry.AddSink<LabelMatch>("played", "a sink", Maker<Sink>())}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

class TakingEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full) return false;
    taken.push_back(std::move(emission));
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    on_ready = std::move(ready);
  }
  bool full = false;
  std::vector<Emission> taken;
  absl::AnyInvocable<void()> on_ready;
};

class ExportTest : public testing::Test {
 protected:
  ExportTest() {
    play = &play_;
    around_.context.http = &http_;
    around_.context.random = &random_;
    const SluicePluginLibrary library = {
        sizeof(library), SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR, kCppNeeds,
        [](const SluiceHost* host, const SluicePluginList** list,
           const SluiceErrorReceiver* error) {
          return OpenLibrary(RegisterPlayed, host, list, error);
        }};
    const absl::Status added = AddPluginsOf(library, "played.so", registry_);
    EXPECT_TRUE(added.ok()) << added;
  }

  ~ExportTest() override {
    if (source_ != nullptr) source_->Stop([] {});
    if (sink_ != nullptr) sink_->Stop([] {});
  }

  template <typename Component>
  absl::StatusOr<std::unique_ptr<Component>> Make(
      const PluginEntry<Component>* entry, const std::string& value = "") {
    LabelMatch config;
    config.set_value(value);
    const auto crossed = entry->NewConfig();
    EXPECT_TRUE(crossed->ParseFromString(config.SerializeAsString()));
    return entry->create(*crossed);
  }
  void StartSource(std::optional<std::string> checkpoint = std::nullopt) {
    source_ = *Make(registry_.source("played"));
    ASSERT_TRUE(
        source_->Start(around_.context, &emitter_, std::move(checkpoint)).ok());
  }
  void StartSink() {
    sink_ = *Make(registry_.sink("played"));
    ASSERT_TRUE(sink_->Start(around_.context).ok());
  }

  static Emission OneEvent() {
    EventBatchBuilder builder;
    builder.Add(EventFields{.id = "e1"});
    Emission emission;
    emission.events = builder.Build();
    return emission;
  }
  static Delivery TwoEvents() {
    EventBatchBuilder builder;
    builder.Add(EventFields{.id = "a", .subject = "s"});
    builder.Add(EventFields{.id = "b"});
    Delivery delivery;
    delivery.batches.push_back(builder.Build());
    delivery.items.push_back({5, delivery.batches[0]->event(0), 1});
    delivery.items.push_back({6, delivery.batches[0]->event(1), 3});
    delivery.timeout = absl::Seconds(9);
    return delivery;
  }

  Play play_;
  FakeSurroundings around_;
  FakeHttpClient http_{&around_.executor};
  absl::BitGen bits_;
  absl::BitGenRef random_{bits_};
  TakingEmitter emitter_;
  PluginRegistry registry_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Sink> sink_;
};

TEST_F(ExportTest, DescribesItsPlugins) {
  EXPECT_THAT(registry_.source_names(), ElementsAre("played"));
  EXPECT_EQ(registry_.source("played")->summary, "a source");
  EXPECT_EQ(registry_.sink("played")->config->GetDescriptor()->full_name(),
            "sluice.config.v1.LabelMatch");
  EXPECT_EQ(registry_.transform("played")->library, "played.so");
}

TEST_F(ExportTest, PassesConfigErrorsAndExceptionsOn) {
  const absl::Status wrong = Make(registry_.sink("played"), "wrong").status();
  EXPECT_EQ(ConfigErrorField(wrong), "value");
  EXPECT_EQ(wrong.message(), "is wrong");
  EXPECT_EQ(Make(registry_.sink("played"), "throw").status(),
            absl::InternalError("the plugin threw an exception: no"));
}

TEST_F(ExportTest, SourceEmitsAsItWouldLinkedIn) {
  StartSource("c1");
  EXPECT_EQ(play_.checkpoint, "c1");
  EXPECT_FALSE(source_->traits().may_repeat);
  EXPECT_TRUE(source_->finished());
  Emission emission = OneEvent();
  emission.malformed.push_back({"{", "malformed_json", "no end"});
  emission.checkpoint = "c2";
  std::vector<absl::Status> acknowledged;
  emission.on_acknowledged = [&](absl::Status status) {
    acknowledged.push_back(std::move(status));
  };
  ASSERT_TRUE(play_.emitter->TryEmit(emission));
  ASSERT_EQ(emitter_.taken.size(), 1u);
  EXPECT_EQ(emitter_.taken[0].events->event(0).id(), "e1");
  EXPECT_EQ(emitter_.taken[0].malformed[0].message, "no end");
  EXPECT_EQ(emitter_.taken[0].checkpoint, "c2");
  EXPECT_THAT(acknowledged, IsEmpty());
  emitter_.taken[0].on_acknowledged(absl::UnavailableError("it stops"));
  EXPECT_THAT(acknowledged, ElementsAre(absl::UnavailableError("it stops")));
}

TEST_F(ExportTest, SourceKeepsWhatAFullQueueDidNotTake) {
  StartSource();
  emitter_.full = true;
  Emission emission = OneEvent();
  bool acknowledged = false;
  emission.on_acknowledged = [&](const absl::Status&) { acknowledged = true; };
  EXPECT_FALSE(play_.emitter->TryEmit(emission));
  EXPECT_NE(emission.events, nullptr);
  ASSERT_TRUE(emission.on_acknowledged);
  int ready = 0;
  play_.emitter->NotifyWhenReady([&] { ++ready; });
  emitter_.full = false;
  emitter_.on_ready();
  EXPECT_EQ(ready, 1);
  EXPECT_TRUE(play_.emitter->TryEmit(emission));
  emitter_.taken[0].on_acknowledged(absl::OkStatus());
  EXPECT_TRUE(acknowledged);
}

TEST_F(ExportTest, SourceThatThrowsAtItsStartDoesNotRun) {
  play_.start = absl::InternalError("throw");
  source_ = *Make(registry_.source("played"));
  EXPECT_EQ(source_->Start(around_.context, &emitter_, std::nullopt),
            absl::InternalError("the plugin threw an exception: no"));
  source_ = nullptr;
  EXPECT_TRUE(play_.destroyed);
}

class IdsOut final : public TransformOutput {
 public:
  void Pass(const EventView& event) override {
    ids.push_back(std::string(event.id()));
  }
  void Emit(const EventFields&) override { FAIL(); }
  std::vector<std::string> ids;
};

TEST_F(ExportTest, TransformPassesAndEmits) {
  const auto transform = *Make(registry_.transform("played"));
  IdsOut out;
  const EventBatchPtr batch = OneEvent().events;
  EXPECT_TRUE(transform->Apply(batch->event(0), out).ok());
  EXPECT_THAT(out.ids, ElementsAre("e1", "made", "other"));
  play_.apply = absl::NotFoundError("no label");
  EXPECT_EQ(transform->Apply(batch->event(0), out), play_.apply);
  play_.apply = absl::InternalError("throw");
  EXPECT_EQ(transform->Apply(batch->event(0), out),
            absl::InternalError("the plugin threw an exception: no"));
}

TEST_F(ExportTest, SinkDeliversAsItWouldLinkedIn) {
  StartSink();
  EXPECT_EQ(sink_->traits().max_batch_events, 7u);
  EXPECT_EQ(sink_->traits().max_batch_bytes, 8u);
  EXPECT_EQ(sink_->traits().max_in_flight, 9u);
  EXPECT_EQ(sink_->traits().timeout, absl::Seconds(10));
  EXPECT_TRUE(sink_->traits().idempotent);
  std::vector<DeliveryResult> answers;
  sink_->Deliver(TwoEvents(), [&](DeliveryResult result) {
    answers.push_back(std::move(result));
  });
  ASSERT_EQ(play_.deliveries.size(), 1u);
  auto& [delivery, done] = play_.deliveries[0];
  EXPECT_EQ(delivery.timeout, absl::Seconds(9));
  EXPECT_EQ(delivery.items[1].sequence, 6u);
  EXPECT_EQ(delivery.items[1].attempt, 3u);
  DeliveryResult result;
  result.outcomes = {Outcome::Delivered(), Outcome::Rejected("odd", "is odd")};
  result.retry_after = absl::Seconds(3);
  result.misconfigured = absl::PermissionDeniedError("no key");
  done(std::move(result));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].outcomes[1].kind, Outcome::Kind::kRejected);
  EXPECT_EQ(answers[0].outcomes[1].reason, "odd");
  EXPECT_EQ(answers[0].outcomes[1].message, "is odd");
  EXPECT_EQ(answers[0].retry_after, absl::Seconds(3));
  EXPECT_EQ(answers[0].misconfigured.message(), "no key");
  // Its own copy: good after the answer, too.
  EXPECT_EQ(delivery.items[0].event.subject(), "s");
}

TEST_F(ExportTest, SinkThatThrowsAnswersUnknown) {
  StartSink();
  play_.on_deliver = [] { throw std::runtime_error("no"); };
  std::vector<DeliveryResult> answers;
  sink_->Deliver(TwoEvents(), [&](DeliveryResult result) {
    answers.push_back(std::move(result));
  });
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].outcomes[0].kind, Outcome::Kind::kUnknown);
  EXPECT_EQ(answers[0].outcomes[0].message,
            "the plugin threw an exception: no");
}

TEST_F(ExportTest, SinkMayAnswerAfterItIsGone) {
  StartSink();
  std::vector<DeliveryResult> answers;
  sink_->Deliver(TwoEvents(), [&](DeliveryResult result) {
    answers.push_back(std::move(result));
  });
  sink_->Stop([] {});
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].outcomes[0].kind, Outcome::Kind::kUnknown);
  sink_ = nullptr;
  play_.deliveries[0].second(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(answers.size(), 1u);
}

TEST_F(ExportTest, SurroundingsAreThoseOfTheProcess) {
  StartSink();
  const ComponentContext& context = *play_.context;
  EXPECT_EQ(context.name, "it");
  EXPECT_EQ(context.pipeline, "p");
  EXPECT_EQ(context.executor->Now(), around_.executor.Now());
  EXPECT_EQ(context.executor->MonotonicNow(), around_.executor.MonotonicNow());
  context.health->Report({HealthState::kPaused, "api_key is refused"});
  ASSERT_THAT(around_.health, Not(IsEmpty()));
  EXPECT_EQ(around_.health.back().state, HealthState::kPaused);
  EXPECT_EQ(around_.health.back().message, "api_key is refused");
  context.metrics->counter("n_total", context.metric_labels(), "Help.")->Add(2);
  EXPECT_EQ(
      around_.metrics.counter("n_total", context.metric_labels())->value(), 2u);
  const uint64_t a = absl::Uniform<uint64_t>(*context.random);
  EXPECT_NE(a, absl::Uniform<uint64_t>(*context.random));
}

TEST_F(ExportTest, TasksRunInOrderAndAreDroppedWithTheComponent) {
  StartSink();
  Executor& executor = *play_.context->executor;
  std::vector<std::string> ran;
  executor.PostAfter(absl::Seconds(1), [&] { ran.push_back("timer"); });
  executor.Post([&] { ran.push_back("a"); });
  executor.Post([&] { ran.push_back("b"); });
  const auto cancelled =
      executor.PostAfter(absl::Seconds(1), [&] { ran.push_back("never"); });
  EXPECT_TRUE(executor.Cancel(cancelled));
  EXPECT_FALSE(executor.Cancel(cancelled));
  executor.Post([] { throw std::runtime_error("no"); });
  around_.executor.Advance(absl::Seconds(1));
  EXPECT_THAT(ran, ElementsAre("a", "b", "timer"));
  auto held = std::make_shared<int>();
  executor.Post([&ran, held] { ran.push_back("too late"); });
  executor.PostAfter(absl::Seconds(1),
                     [&ran, held] { ran.push_back("never"); });
  sink_->Stop([] {});
  sink_ = nullptr;
  around_.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(ran.size(), 3u);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(ExportTest, GapsReachTheProcess) {
  class GapReporter final : public HealthReporter {
   public:
    void Report(Health) override {}
    void ReportGaps(SourceGaps reported) override {
      gaps = std::move(reported);
    }
    SourceGaps gaps;
  };
  GapReporter reporter;
  around_.context.health = &reporter;
  StartSource();
  SourceGaps gaps;
  gaps.closed = 4;
  gaps.unclosed = 1;
  gaps.recovered_events = 17;
  gaps.recent.push_back({SourceGap::State::kUnclosed, "reconnect",
                         absl::FromUnixSeconds(100), absl::InfiniteFuture(), 3,
                         "history is off"});
  play_.context->health->ReportGaps(gaps);
  EXPECT_EQ(reporter.gaps.closed, 4u);
  EXPECT_EQ(reporter.gaps.recovered_events, 17u);
  ASSERT_EQ(reporter.gaps.recent.size(), 1u);
  const SourceGap& gap = reporter.gaps.recent[0];
  EXPECT_EQ(gap.state, SourceGap::State::kUnclosed);
  EXPECT_EQ(gap.cause, "reconnect");
  EXPECT_EQ(gap.start, absl::FromUnixSeconds(100));
  EXPECT_EQ(gap.recovered_events, 3u);
  EXPECT_EQ(gap.reason, "history is off");
}

class HttpTest : public ExportTest {
 protected:
  void SetUp() override { StartSink(); }

  std::unique_ptr<HttpCall> Fetch(HttpRequest request) {
    return play_.context->http->Fetch(
        std::move(request), [this](HttpResponse response, HttpFailure failure) {
          response_ = std::move(response);
          failure_ = std::move(failure);
          ++done_;
        });
  }

  HttpResponse response_;
  HttpFailure failure_;
  int done_ = 0;
};

TEST_F(HttpTest, RequestsAndAnswersCross) {
  HttpRequest request{.method = "POST", .url = "https://example.com/x"};
  request.headers = {{"authorization", "Bearer t"}};
  request.body = "{}";
  request.connect_timeout = absl::Seconds(3);
  request.max_redirects = 2;
  request.tls.ca_file = "ca.pem";
  const auto call = Fetch(std::move(request));
  ASSERT_NE(http_.open(), nullptr);
  const HttpRequest& sent = http_.open()->request();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "https://example.com/x");
  EXPECT_EQ(FindHeader(sent.headers, "Authorization"), "Bearer t");
  EXPECT_EQ(sent.body, "{}");
  EXPECT_EQ(sent.connect_timeout, absl::Seconds(3));
  EXPECT_EQ(sent.total_timeout, absl::Seconds(30));
  EXPECT_EQ(sent.idle_timeout, absl::InfiniteDuration());
  EXPECT_EQ(sent.max_redirects, 2);
  EXPECT_EQ(sent.tls.ca_file, "ca.pem");
  http_.open()->Respond(429, "slow down", {{"Retry-After", "7"}});
  around_.executor.RunReady();
  EXPECT_EQ(done_, 1);
  EXPECT_TRUE(failure_.status.ok());
  EXPECT_EQ(response_.status, 429);
  EXPECT_EQ(response_.body, "slow down");
  EXPECT_EQ(FindHeader(response_.headers, "retry-after"), "7");
}

TEST_F(HttpTest, FailuresCross) {
  const auto call = Fetch({.url = "https://example.com/x"});
  http_.open()->Fail(absl::UnavailableError("reset"), /*maybe_sent=*/true);
  around_.executor.RunReady();
  EXPECT_EQ(failure_.status, absl::UnavailableError("reset"));
  EXPECT_TRUE(failure_.maybe_sent);
}

TEST_F(HttpTest, BoundsTheBody) {
  HttpRequest request{.url = "https://example.com/x"};
  request.max_response_bytes = 3;
  const auto call = Fetch(std::move(request));
  http_.open()->Respond(200, "four");
  around_.executor.RunReady();
  EXPECT_EQ(failure_.status.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpTest, PausesResumesAndCancels) {
  auto call = Fetch({.url = "https://example.com/x"});
  FakeHttpClient::Exchange& exchange = *http_.open();
  call->Pause();
  EXPECT_TRUE(exchange.paused());
  call->Resume();
  EXPECT_FALSE(exchange.paused());
  call = nullptr;
  EXPECT_TRUE(exchange.cancelled());
  around_.executor.RunReady();
  EXPECT_EQ(done_, 0);
}

TEST_F(HttpTest, EndsWithTheComponentThatAsked) {
  const auto call = Fetch({.url = "https://example.com/x"});
  FakeHttpClient::Exchange& exchange = *http_.open();
  sink_->Stop([] {});
  sink_ = nullptr;
  EXPECT_TRUE(exchange.cancelled());
}

TEST_F(HttpTest, FailsWhereThereIsNoHttp) {
  sink_->Stop([] {});
  sink_ = nullptr;
  around_.context.http = nullptr;
  StartSink();
  const auto call = Fetch({.url = "https://example.com/x"});
  EXPECT_EQ(done_, 0);
  around_.executor.RunReady();
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(failure_.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(failure_.maybe_sent);
}

}  // namespace
}  // namespace sluice::abi
