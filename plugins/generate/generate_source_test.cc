#include "plugins/generate/generate_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice::generate {
namespace {

class NoHealth final : public HealthReporter {
 public:
  void Report(Health) override {}
};

// A queue that takes up to `room` emissions.
class FakeEmitter final : public Emitter {
 public:
  explicit FakeEmitter(ManualExecutor* executor) : executor_(executor) {}

  bool TryEmit(Emission& emission) override {
    if (room == 0) return false;
    --room;
    taken.push_back(std::move(emission));
    times.push_back(executor_->MonotonicNow());
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    waiting = std::move(ready);
  }

  uint64_t events() const {
    uint64_t sum = 0;
    for (const Emission& emission : taken) sum += emission.events->size();
    return sum;
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> result;
    for (const Emission& emission : taken) {
      for (size_t i = 0; i < emission.events->size(); ++i) {
        result.emplace_back(emission.events->event(i).id());
      }
    }
    return result;
  }

  int room = 1 << 30;
  std::vector<Emission> taken;
  std::vector<absl::Duration> times;
  absl::AnyInvocable<void()> waiting;

 private:
  ManualExecutor* executor_;
};

class GenerateSourceTest : public testing::Test {
 protected:
  void Start(GenerateOptions options,
             std::optional<std::string> checkpoint = std::nullopt) {
    context_.name = "load";
    context_.executor = &executor_;
    context_.health = &health_;
    source_ = std::make_unique<GenerateSource>(options);
    ASSERT_TRUE(
        source_->Start(context_, &emitter_, std::move(checkpoint)).ok());
  }

  ManualExecutor executor_;
  NoHealth health_;
  ComponentContext context_;
  FakeEmitter emitter_{&executor_};
  std::unique_ptr<GenerateSource> source_;
};

TEST_F(GenerateSourceTest, EmitsTheCountInChunksAndFinishes) {
  Start({.count = 2500, .devices = 3, .seed = 5});
  EXPECT_FALSE(source_->finished());
  executor_.RunReady();
  EXPECT_TRUE(source_->finished());
  ASSERT_EQ(emitter_.taken.size(), 3);
  EXPECT_EQ(emitter_.taken[0].events->size(), 1000);
  EXPECT_EQ(emitter_.taken[2].events->size(), 500);
  EXPECT_EQ(emitter_.taken[2].checkpoint, "2500");
  const std::vector<std::string> ids = emitter_.ids();
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(ids[i], "5-" + std::to_string(i));
  }
}

TEST_F(GenerateSourceTest, EveryEventPassesTheOraclesCheck) {
  Start({.count = 1200, .devices = 7, .payload_bytes = 150, .seed = 8});
  executor_.RunReady();
  for (const Emission& emission : emitter_.taken) {
    for (size_t i = 0; i < emission.events->size(); ++i) {
      const EventView event = emission.events->event(i);
      ASSERT_TRUE(CheckGeneratedEvent(event, 7, 150).ok());
      EXPECT_EQ(event.source(), "//generate/load");
      EXPECT_EQ(event.time(), executor_.Now());
    }
  }
}

TEST_F(GenerateSourceTest, ChunksOfLargeEventsAreBoundedInBytes) {
  Start({.count = 10, .payload_bytes = 1 << 20});
  executor_.RunReady();
  EXPECT_EQ(emitter_.taken.size(), 10);
}

TEST_F(GenerateSourceTest, GoesOnExactlyAtItsCheckpoint) {
  Start({.count = 1500}, "1498");
  executor_.RunReady();
  EXPECT_EQ(emitter_.ids(), (std::vector<std::string>{"0-1498", "0-1499"}));
  EXPECT_TRUE(source_->finished());
}

TEST_F(GenerateSourceTest, EmitsNothingWhenTheCheckpointIsTheEnd) {
  Start({.count = 1500}, "1500");
  executor_.RunReady();
  EXPECT_TRUE(emitter_.taken.empty());
  EXPECT_TRUE(source_->finished());
}

TEST_F(GenerateSourceTest, RefusesACheckpointThatIsNoIndex) {
  context_.executor = &executor_;
  context_.health = &health_;
  GenerateSource source({});
  EXPECT_EQ(source.Start(context_, &emitter_, "later").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(GenerateSourceTest, WaitsForRoomAndThenEmitsTheSameChunk) {
  emitter_.room = 1;
  Start({.count = 3000});
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 1000);
  ASSERT_TRUE(emitter_.waiting);
  EXPECT_FALSE(source_->finished());

  emitter_.room = 1 << 30;
  std::exchange(emitter_.waiting, nullptr)();
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 3000);
  EXPECT_EQ(emitter_.ids()[1000], "0-1000");
  EXPECT_TRUE(source_->finished());
}

TEST_F(GenerateSourceTest, IsNotFinishedWhileTheLastChunkWaitsForRoom) {
  emitter_.room = 0;
  Start({.count = 10});
  executor_.RunReady();
  EXPECT_FALSE(source_->finished());
}

TEST_F(GenerateSourceTest, LowRatesEmitEachEventAloneAndOnTime) {
  Start({.rate = 4});
  const absl::Duration start = executor_.MonotonicNow();
  executor_.Advance(absl::Seconds(10));
  ASSERT_EQ(emitter_.taken.size(), 41);
  for (size_t i = 0; i < emitter_.taken.size(); ++i) {
    EXPECT_EQ(emitter_.taken[i].events->size(), 1);
    EXPECT_EQ(emitter_.times[i] - start, i * absl::Milliseconds(250));
  }
}

TEST_F(GenerateSourceTest, HighRatesEmitOncePerMillisecond) {
  Start({.rate = 250'000});
  executor_.Advance(absl::Seconds(1));
  EXPECT_NEAR(emitter_.events(), 250'000, 300);
  EXPECT_LE(emitter_.taken.size(), 1001);
}

TEST_F(GenerateSourceTest, RatesAboveAChunkPerMillisecondAreReached) {
  Start({.rate = 3'000'000});
  executor_.Advance(absl::Milliseconds(100));
  EXPECT_NEAR(emitter_.events(), 300'000, 4000);
}

TEST_F(GenerateSourceTest, TimeLostToAFullQueueIsNotMadeUpFor) {
  Start({.rate = 100});
  executor_.Advance(absl::Seconds(1));
  const uint64_t before = emitter_.events();
  emitter_.room = 0;
  executor_.Advance(absl::Minutes(1));
  emitter_.room = 1 << 30;
  std::exchange(emitter_.waiting, nullptr)();
  executor_.Advance(absl::Seconds(1));
  EXPECT_NEAR(emitter_.events() - before, 100, 3);
}

TEST_F(GenerateSourceTest, EmitsNothingAfterStop) {
  Start({.rate = 10});
  executor_.Advance(absl::Seconds(1));
  const size_t before = emitter_.taken.size();
  bool stopped = false;
  source_->Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
  source_.reset();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(emitter_.taken.size(), before);
}

TEST_F(GenerateSourceTest, MayBeDestroyedWhileATaskOrARoomCallbackIsPending) {
  emitter_.room = 1;
  Start({});
  executor_.RunReady();
  source_->Stop([] {});
  source_.reset();
  ASSERT_TRUE(emitter_.waiting);
  emitter_.waiting();

  emitter_.room = 1 << 30;
  Start({});
  source_->Stop([] {});
  source_.reset();
  executor_.RunReady();
  EXPECT_EQ(emitter_.taken.size(), 1);
}

}  // namespace
}  // namespace sluice::generate
