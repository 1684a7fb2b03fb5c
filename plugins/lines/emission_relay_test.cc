#include "plugins/lines/emission_relay.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/holding_emitter.h"
#include "tests/testing/manual_executor.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EmissionRelayTest : public ::testing::Test {
 protected:
  void Hand(const std::string& name) {
    Emission emission;
    emission.malformed.push_back({name, "malformed_json", ""});
    relay_->Hand(std::move(emission), [this, name] { taken_.push_back(name); });
  }
  std::vector<std::string> emitted() const {
    std::vector<std::string> names;
    for (const Emission& emission : emitter_.held()) {
      names.push_back(emission.malformed[0].bytes);
    }
    return names;
  }

  ManualExecutor executor_;
  HoldingEmitter emitter_;
  Counter held_back_;
  std::vector<std::string> taken_;
  const std::shared_ptr<EmissionRelay> relay_ =
      EmissionRelay::Create(&executor_, &emitter_, &held_back_);
};

TEST_F(EmissionRelayTest, EmitsOnTheExecutorInOrder) {
  Hand("a");
  Hand("b");
  EXPECT_THAT(emitted(), IsEmpty());
  executor_.RunReady();
  EXPECT_THAT(emitted(), ElementsAre("a", "b"));
  EXPECT_THAT(taken_, ElementsAre("a", "b"));
  EXPECT_TRUE(relay_->idle());
}

TEST_F(EmissionRelayTest, WaitsForRoomAndLosesNothing) {
  emitter_.set_full(true);
  Hand("a");
  Hand("b");
  executor_.RunReady();
  EXPECT_FALSE(relay_->idle());
  EXPECT_THAT(taken_, IsEmpty());
  // One try is enough: the emitter says when there is room.
  EXPECT_EQ(emitter_.refusals(), 1);
  EXPECT_EQ(held_back_.value(), 1u);
  emitter_.set_full(false);
  EXPECT_THAT(emitted(), ElementsAre("a", "b"));
  EXPECT_THAT(taken_, ElementsAre("a", "b"));
  EXPECT_TRUE(relay_->idle());
}

TEST_F(EmissionRelayTest, EmitsNothingOnceItIsStopped) {
  emitter_.set_full(true);
  Hand("a");
  executor_.RunReady();
  Hand("b");
  relay_->Stop();
  emitter_.set_full(false);
  executor_.RunReady();
  EXPECT_THAT(emitted(), IsEmpty());
  EXPECT_THAT(taken_, IsEmpty());
}

}  // namespace
}  // namespace sluice::lines
