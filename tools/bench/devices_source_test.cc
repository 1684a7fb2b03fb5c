#include "tools/bench/devices_source.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice::bench {
namespace {

class NoHealth final : public HealthReporter {
 public:
  void Report(Health) override {}
};

// A queue that takes `room` emissions.
class FakeEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (room == 0) return false;
    --room;
    taken.push_back(std::move(emission));
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

  int room = 1000;
  std::vector<Emission> taken;
  absl::AnyInvocable<void()> waiting;
};

class DevicesSourceTest : public testing::Test {
 protected:
  DevicesSourceTest() {
    context_.executor = &executor_;
    context_.health = &health_;
  }

  ManualExecutor executor_;
  NoHealth health_;
  ComponentContext context_;
  FakeEmitter emitter_;
};

TEST_F(DevicesSourceTest, EmitsItsCountAndIsFinished) {
  DevicesSource source(2500);
  ASSERT_TRUE(source.Start(context_, &emitter_, std::nullopt).ok());
  EXPECT_FALSE(source.finished());
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 2500u);
  EXPECT_EQ(emitter_.taken.back().checkpoint, "2500");
  EXPECT_TRUE(source.finished());
}

TEST_F(DevicesSourceTest, WaitsForRoom) {
  DevicesSource source(3000);
  emitter_.room = 1;
  ASSERT_TRUE(source.Start(context_, &emitter_, std::nullopt).ok());
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 1000u);
  ASSERT_TRUE(emitter_.waiting != nullptr);
  emitter_.room = 10;
  emitter_.waiting();
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 3000u);
  EXPECT_TRUE(source.finished());
}

TEST_F(DevicesSourceTest, GoesOnBehindItsCheckpoint) {
  DevicesSource source(3000);
  ASSERT_TRUE(source.Start(context_, &emitter_, "2000").ok());
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 1000u);
  EXPECT_EQ(emitter_.taken.back().checkpoint, "3000");
}

TEST_F(DevicesSourceTest, HasNothingBehindItsEnd) {
  DevicesSource source(1000);
  ASSERT_TRUE(source.Start(context_, &emitter_, "2000").ok());
  executor_.RunReady();
  EXPECT_EQ(emitter_.events(), 0u);
  EXPECT_TRUE(source.finished());
}

TEST_F(DevicesSourceTest, RefusesACheckpointOfOthers) {
  DevicesSource source(1000);
  const absl::Status status = source.Start(context_, &emitter_, "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DevicesSourceTest, EmitsNothingOnceStopped) {
  DevicesSource source(3000);
  emitter_.room = 1;
  ASSERT_TRUE(source.Start(context_, &emitter_, std::nullopt).ok());
  executor_.RunReady();
  emitter_.room = 10;
  bool stopped = false;
  source.Stop([&stopped] { stopped = true; });
  emitter_.waiting();
  executor_.RunReady();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(emitter_.events(), 1000u);
}

}  // namespace
}  // namespace sluice::bench
