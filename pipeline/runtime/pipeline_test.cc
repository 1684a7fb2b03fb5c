#include "pipeline/runtime/pipeline.h"

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/log/memory_event_log.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

using Ids = std::vector<std::string>;

// What the test's components share with the test.
struct World {
  Emitter* emitter = nullptr;
  std::optional<std::string> checkpoint;
  bool finished = false;
  bool hang_on_stop = false;
  Ids delivered;
  Outcome answer;
  absl::Status sink_start;
  // Takes single events, with a second between them.
  bool one_per_second = false;
  int live_components = 0;
};

class TestSource final : public Source {
 public:
  explicit TestSource(World* world) : world_(world) {
    ++world_->live_components;
  }
  ~TestSource() override { --world_->live_components; }
  absl::Status Start(const ComponentContext&, Emitter* emitter,
                     std::optional<std::string> checkpoint) override {
    world_->emitter = emitter;
    world_->checkpoint = std::move(checkpoint);
    return absl::OkStatus();
  }
  void Stop(absl::AnyInvocable<void()> done) override {
    if (!world_->hang_on_stop) done();
  }
  bool finished() const override { return world_->finished; }

 private:
  World* const world_;
};

class TestSink final : public Sink {
 public:
  explicit TestSink(World* world) : world_(world) { ++world_->live_components; }
  ~TestSink() override { --world_->live_components; }
  SinkTraits traits() const override {
    SinkTraits traits;
    if (world_->one_per_second) traits.max_batch_events = 1;
    return traits;
  }
  absl::Status Start(const ComponentContext&) override {
    return world_->sink_start;
  }
  void Deliver(Delivery delivery, DeliverCallback done) override {
    if (world_->answer.kind == Outcome::Kind::kDelivered) {
      for (const DeliveryItem& item : delivery.items) {
        world_->delivered.emplace_back(item.event.id());
      }
    }
    DeliveryResult result = DeliveryResult::All(world_->answer);
    if (world_->one_per_second) result.retry_after = absl::Seconds(1);
    done(std::move(result));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }

 private:
  World* const world_;
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() : http_(&executor_), bits_(random_) {
    spec_.name = "office";
    SourceSpec source;
    source.name = "in";
    source.plugin = "test";
    source.create = [this] { return std::make_unique<TestSource>(&world_); };
    spec_.sources.push_back(source);
    SinkSpec sink;
    sink.name = "out";
    sink.plugin = "test";
    sink.create = [this] { return std::make_unique<TestSink>(&world_); };
    spec_.sinks.push_back(sink);
    environment_.io = &executor_;
    environment_.ingest = &executor_;
    environment_.http = &http_;
    environment_.io_random = &bits_;
    environment_.ingest_random = &bits_;
    environment_.metrics = &metrics_;
    environment_.clock = Clock::Real();
  }

  void Create() {
    auto log = std::make_unique<MemoryEventLog>(spec_.log, Clock::Real());
    auto pipeline = Pipeline::Create({spec_}, environment_, std::move(log));
    ASSERT_TRUE(pipeline.ok()) << pipeline.status();
    pipeline_ = *std::move(pipeline);
  }

  void CreateAndStart() {
    Create();
    pipeline_->Start();
    executor_.RunReady();
  }

  void Emit(const std::string& id, const std::string& checkpoint = "") {
    EventBatchBuilder builder;
    builder.Add({.id = id, .subject = "device"});
    Emission emission;
    emission.events = builder.Build();
    emission.checkpoint = checkpoint;
    ASSERT_TRUE(world_.emitter->TryEmit(emission));
  }

  // Stops `sink` for `between`.
  absl::Status Pause(const std::string& sink,
                     absl::AnyInvocable<absl::Status(EventLog&)> between) {
    absl::StatusOr<PipelineChange> change =
        pipeline_->PlanPause(sink, std::move(between));
    if (!change.ok()) return change.status();
    absl::Status result = absl::UnknownError("not done");
    pipeline_->Carry(*std::move(change), absl::Seconds(5),
                     [&](absl::Status status) { result = std::move(status); });
    executor_.Advance(absl::Minutes(1));
    return result;
  }

  // Makes the pipeline what `edit` makes of what it is.
  absl::Status Change(absl::FunctionRef<void(PipelineTarget&)> edit) {
    PipelineTarget target = pipeline_->target();
    edit(target);
    absl::StatusOr<PipelineChange> change = pipeline_->Plan(std::move(target));
    if (!change.ok()) return change.status();
    absl::Status result = absl::UnknownError("not done");
    pipeline_->Carry(*std::move(change), absl::Seconds(5),
                     [&](absl::Status status) { result = std::move(status); });
    executor_.Advance(absl::Minutes(1));
    return result;
  }

  // Another sink, with a world of its own.
  SinkSpec SinkIn(World* world, const std::string& name) {
    SinkSpec sink;
    sink.name = name;
    sink.plugin = "test";
    sink.create = [world] { return std::make_unique<TestSink>(world); };
    return sink;
  }

  bool Stop() {
    bool stopped = false;
    pipeline_->Stop(absl::Seconds(5), [&] { stopped = true; });
    executor_.Advance(absl::Minutes(1));
    return stopped;
  }

  World world_;
  ManualExecutor executor_;
  FakeHttpClient http_;
  std::mt19937_64 random_{7};
  absl::BitGenRef bits_;
  MetricRegistry metrics_;
  PipelineSpec spec_;
  PipelineEnvironment environment_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, CarriesEventsFromSourceToSink) {
  CreateAndStart();
  Emit("a");
  Emit("b");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a", "b"}));
  const admin::v1::PipelineStatus status = pipeline_->Status();
  EXPECT_EQ(status.sources(0).stored(), 2u);
  EXPECT_EQ(status.sinks(0).delivered(), 2u);
  EXPECT_EQ(status.imbalances_size(), 0);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, KnowsTheOldestEventOfASinkThatCannotStart) {
  world_.sink_start = absl::InvalidArgumentError("path: no such folder");
  CreateAndStart();
  EXPECT_FALSE(pipeline_->Status().sinks(0).has_oldest_waiting());
  const absl::Time taken_in = executor_.Now();
  Emit("a");
  executor_.Advance(absl::Hours(1));
  Emit("b");
  executor_.RunReady();
  const admin::v1::SinkStatus sink = pipeline_->Status().sinks(0);
  EXPECT_EQ(sink.health().state(), admin::v1::PAUSED);
  EXPECT_EQ(sink.waiting(), 2u);
  EXPECT_EQ(sink.oldest_waiting().seconds(), absl::ToUnixSeconds(taken_in));
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, ForecastsTheBacklogByTheClockOfItsExecutor) {
  world_.one_per_second = true;
  spec_.sinks[0].retry.max = absl::Seconds(1);
  CreateAndStart();
  EXPECT_EQ(pipeline_->Status().sinks(0).backlog().state(),
            admin::v1::BACKLOG_NONE);
  world_.answer = Outcome::Retry("down");
  for (int i = 0; i < 300; ++i) Emit(absl::StrCat("e", i));
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(pipeline_->Status().sinks(0).backlog().state(),
            admin::v1::BACKLOG_UNKNOWN);
  executor_.Advance(absl::Minutes(2));
  EXPECT_EQ(pipeline_->Status().sinks(0).backlog().state(),
            admin::v1::BACKLOG_STALLED);

  world_.answer = Outcome::Delivered();
  executor_.Advance(absl::Minutes(2));
  const admin::v1::SinkStatus sink = pipeline_->Status().sinks(0);
  EXPECT_NEAR(sink.backlog().delivered_per_second(), 1, 0.05);
  EXPECT_EQ(sink.backlog().taken_in_per_second(), 0);
  EXPECT_EQ(sink.backlog().state(), admin::v1::BACKLOG_SHRINKS);
  EXPECT_NEAR(sink.backlog().done_in().seconds(), sink.waiting(), 10);

  // Ten times as many come in.
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 10; ++k) Emit(absl::StrCat("f", i, "-", k));
    executor_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(pipeline_->Status().sinks(0).backlog().state(),
            admin::v1::BACKLOG_GROWS);
  EXPECT_NEAR(pipeline_->Status().sinks(0).backlog().taken_in_per_second(), 10,
              0.3);
  EXPECT_TRUE(Stop());
  EXPECT_EQ(pipeline_->Status().sinks(0).waiting(),
            900 - world_.delivered.size());
}

TEST_F(PipelineTest, StopStoresWhatIsQueuedAndDestroysTheComponents) {
  CreateAndStart();
  Emit("a");
  world_.answer = Outcome::Retry("down");
  EXPECT_TRUE(Stop());
  EXPECT_EQ(world_.live_components, 0);
  EXPECT_EQ(pipeline_->log()->stats().next_sequence, 2u);
  EXPECT_EQ(pipeline_->log()->Cursors().at(0).waiting, 1u);
}

TEST_F(PipelineTest, StopWaitsForNothingWhereNothingRuns) {
  CreateAndStart();
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.state = admin::v1::PIPELINE_PAUSED;
              }).ok());
  bool stopped = false;
  pipeline_->Stop(absl::Minutes(5), [&] { stopped = true; });
  executor_.RunReady();
  EXPECT_TRUE(stopped);
}

TEST_F(PipelineTest, StopDoesNotWaitForEverForASourceThatHangs) {
  CreateAndStart();
  world_.hang_on_stop = true;
  Emit("a");
  EXPECT_TRUE(Stop());
  EXPECT_EQ(pipeline_->log()->stats().next_sequence, 2u);
}

TEST_F(PipelineTest, TellsWhenFiniteWorkIsDone) {
  CreateAndStart();
  bool finished = false;
  pipeline_->WhenFinished([&] { finished = true; });
  world_.answer = Outcome::Retry("down");
  Emit("a");
  world_.finished = true;
  executor_.Advance(absl::Seconds(1));
  EXPECT_FALSE(finished) << "the sink has not taken it";
  world_.answer = Outcome::Delivered();
  executor_.Advance(absl::Minutes(5));
  EXPECT_TRUE(finished);
  EXPECT_TRUE(pipeline_->Status().finished());
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, PausesAndGoesOnWhereItStopped) {
  CreateAndStart();
  Emit("a", "after a");
  executor_.RunReady();
  world_.answer = Outcome::Retry("down");
  Emit("b", "after b");
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.state = admin::v1::PIPELINE_PAUSED;
              }).ok());
  EXPECT_EQ(world_.live_components, 0);
  admin::v1::PipelineStatus status = pipeline_->Status();
  EXPECT_EQ(status.state(), admin::v1::PIPELINE_PAUSED);
  EXPECT_EQ(status.sinks(0).waiting(), 1u);
  EXPECT_EQ(status.sources(0).health().message(), "paused by an operator");
  EXPECT_EQ(status.sinks(0).health().message(), "paused by an operator");
  EXPECT_FALSE(status.finished());

  world_.answer = Outcome::Delivered();
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.state = admin::v1::PIPELINE_RUNNING;
              }).ok());
  EXPECT_EQ(world_.live_components, 2);
  EXPECT_EQ(world_.checkpoint, "after b");
  Emit("c");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a", "b", "c"}));
  EXPECT_EQ(pipeline_->Status().sinks(0).health().state(), admin::v1::HEALTHY);
  EXPECT_EQ(pipeline_->Status().imbalances_size(), 0);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, DeliversWhatIsThereWhileItIsDrained) {
  CreateAndStart();
  world_.answer = Outcome::Retry("down");
  Emit("a");
  Emit("b");
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.state = admin::v1::PIPELINE_DRAINING;
              }).ok());
  EXPECT_EQ(world_.live_components, 1) << "the sink";
  EXPECT_EQ(pipeline_->Status().sinks(0).waiting(), 2u);
  world_.answer = Outcome::Delivered();
  executor_.Advance(absl::Minutes(5));
  EXPECT_EQ(world_.delivered, (Ids{"a", "b"}));
  EXPECT_EQ(pipeline_->Status().sinks(0).waiting(), 0u);
  EXPECT_EQ(pipeline_->Status().imbalances_size(), 0);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, PausesOneSinkAlone) {
  World other;
  spec_.sinks.push_back(SinkIn(&other, "second"));
  CreateAndStart();
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.paused_sinks.insert("second");
              }).ok());
  EXPECT_TRUE(pipeline_->Status().sinks(1).paused());
  EXPECT_FALSE(pipeline_->Status().sinks(0).paused());
  Emit("a");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a"}));
  EXPECT_EQ(other.delivered, Ids{});
  ASSERT_TRUE(
      Change([](PipelineTarget& target) { target.paused_sinks.clear(); }).ok());
  EXPECT_EQ(other.delivered, (Ids{"a"}));
  EXPECT_EQ(world_.delivered, (Ids{"a"}));
  EXPECT_TRUE(Stop());
}

// The threads that start components may be late.
TEST_F(PipelineTest, CanBeChangedBeforeItsStartHasBegun) {
  World other;
  spec_.sinks.push_back(SinkIn(&other, "second"));
  Create();
  pipeline_->Start();
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.paused_sinks.insert("second");
              }).ok());
  Emit("a");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a"})) << "once";
  EXPECT_EQ(other.delivered, Ids{});
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, ReplacesASinkAndLeavesTheOthersAlone) {
  World second;
  World replacement;
  spec_.sinks.push_back(SinkIn(&second, "second"));
  CreateAndStart();
  Emitter* const emitter = world_.emitter;
  Emit("a");
  executor_.RunReady();
  second.answer = Outcome::Retry("down");
  Emit("b");
  executor_.RunReady();
  ASSERT_TRUE(Change([&](PipelineTarget& target) {
                target.spec.sinks[1] = SinkIn(&replacement, "second");
                target.spec.sinks[1].plugin = "other";
              }).ok());
  EXPECT_EQ(second.live_components, 0);
  EXPECT_EQ(world_.emitter, emitter) << "the source was not started again";
  Emit("c");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a", "b", "c"}));
  EXPECT_EQ(second.delivered, (Ids{"a"}));
  EXPECT_EQ(replacement.delivered, (Ids{"b", "c"}));
  EXPECT_EQ(pipeline_->Status().imbalances_size(), 0);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, TakesInASinkAndLetsAnotherGo) {
  CreateAndStart();
  world_.answer = Outcome::Retry("down");
  Emit("a");
  World other;
  ASSERT_TRUE(Change([&](PipelineTarget& target) {
                target.spec.sinks = {SinkIn(&other, "new")};
              }).ok());
  EXPECT_EQ(other.delivered, (Ids{"a"}));
  const admin::v1::PipelineStatus status = pipeline_->Status();
  ASSERT_EQ(status.sinks_size(), 2);
  for (const admin::v1::SinkStatus& sink : status.sinks()) {
    EXPECT_EQ(sink.parked(), sink.name() == "out");
  }
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, ReplacesSourcesAndKnowsTheEventsOfTheOldOnes) {
  CreateAndStart();
  Emit("a", "after a");
  executor_.RunReady();
  Emitter* const emitter = world_.emitter;
  ASSERT_TRUE(Change([&](PipelineTarget& target) {
                target.spec.sources[0].acknowledge = config::v1::BUFFERED;
              }).ok());
  EXPECT_NE(world_.emitter, emitter);
  EXPECT_EQ(world_.checkpoint, "after a");
  Emit("a");
  Emit("b");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a", "b"}));
  EXPECT_EQ(pipeline_->Status().sources(0).duplicate(), 1u);
  EXPECT_EQ(world_.live_components, 2);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, GoesOnAsItIsWhenAComponentCannotBeMade) {
  CreateAndStart();
  const absl::Status status = Change([](PipelineTarget& target) {
    target.spec.sinks[0].plugin = "other";
    target.spec.sinks[0].create = [] {
      return absl::InvalidArgumentError("the file of api_secret is gone");
    };
  });
  EXPECT_EQ(status, absl::InvalidArgumentError(
                        "sink office.out: the file of api_secret is gone"));
  Emit("a");
  executor_.RunReady();
  EXPECT_EQ(world_.delivered, (Ids{"a"}));
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, ParksCursorsOfSinksThatAreGone) {
  auto log = std::make_unique<MemoryEventLog>(spec_.log, Clock::Real());
  ASSERT_TRUE(log->OpenCursor("old", true).ok());
  auto pipeline = Pipeline::Create({spec_}, environment_, std::move(log));
  ASSERT_TRUE(pipeline.ok());
  const admin::v1::PipelineStatus status = (*pipeline)->Status();
  ASSERT_EQ(status.sinks_size(), 2);
  for (const admin::v1::SinkStatus& sink : status.sinks()) {
    EXPECT_EQ(sink.parked(), sink.name() == "old");
  }
}

TEST_F(PipelineTest, SaysWhichComponentCannotBeMade) {
  spec_.sinks[0].create = [] {
    return absl::InvalidArgumentError("the file of api_secret is gone");
  };
  auto log = std::make_unique<MemoryEventLog>(spec_.log, Clock::Real());
  const auto pipeline = Pipeline::Create({spec_}, environment_, std::move(log));
  EXPECT_EQ(pipeline.status(),
            absl::InvalidArgumentError(
                "sink office.out: the file of api_secret is gone"));
}

TEST_F(PipelineTest, StopsASinkWhileItsCursorIsMoved) {
  spec_.log.retain_time = absl::Hours(1);
  CreateAndStart();
  Emit("a");
  Emit("b");
  executor_.Advance(absl::Seconds(1));
  ASSERT_EQ(world_.delivered, (Ids{"a", "b"}));
  ASSERT_TRUE(Pause("out", [](EventLog& log) {
                return log.RewindCursor("out", 2).status();
              }).ok());
  EXPECT_EQ(world_.delivered, (Ids{"a", "b", "b"}));
  EXPECT_EQ(world_.live_components, 2);
  Emit("c");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(world_.delivered, (Ids{"a", "b", "b", "c"}));
  const admin::v1::PipelineStatus status = pipeline_->Status();
  EXPECT_EQ(status.sinks(0).delivered(), 4u);
  EXPECT_EQ(status.sinks(0).rewound(), 1u);
  EXPECT_EQ(status.imbalances_size(), 0);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, ASinkRunsAgainAfterAMoveThatFailed) {
  CreateAndStart();
  EXPECT_EQ(
      Pause("out", [](EventLog&) { return absl::UnavailableError("no disk"); })
          .message(),
      "no disk");
  Emit("a");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(world_.delivered, Ids{"a"});
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, APausedSinkStaysPausedWhenItIsMoved) {
  CreateAndStart();
  ASSERT_TRUE(Change([](PipelineTarget& target) {
                target.paused_sinks.insert("out");
              }).ok());
  Emit("a");
  executor_.Advance(absl::Seconds(1));
  bool moved = false;
  ASSERT_TRUE(Pause("out", [&](EventLog&) {
                moved = true;
                return absl::OkStatus();
              }).ok());
  EXPECT_TRUE(moved);
  EXPECT_EQ(world_.delivered, Ids());
  EXPECT_EQ(world_.live_components, 1);
  EXPECT_TRUE(Stop());
}

TEST_F(PipelineTest, FindsWhatIsPending) {
  world_.answer = Outcome::Retry("busy");
  CreateAndStart();
  Emit("a");
  executor_.Advance(absl::Seconds(1));
  Pipeline::PendingDeliveries found;
  const auto find = [&](Sequence sequence) {
    pipeline_->FindPending(sequence, [&](Pipeline::PendingDeliveries pending) {
      found = std::move(pending);
    });
    executor_.RunReady();
  };
  find(1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found["out"].attempts, 1u);
  EXPECT_EQ(found["out"].last_error, "busy");
  EXPECT_FALSE(found["out"].in_flight);
  find(2);
  EXPECT_TRUE(found.empty());
  EXPECT_TRUE(Stop());
}

}  // namespace
}  // namespace sluice
