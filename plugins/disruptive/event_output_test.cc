#include "plugins/disruptive/event_output.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/collecting_emitter.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventOutputTest : public ::testing::Test {
 protected:
  bool Add(std::string_view id, std::string_view data = "{}") {
    EventFields event;
    event.id = id;
    event.subject = "d";
    event.data = data;
    event.time_unix_nanos = absl::ToUnixNanos(executor_.Now());
    return output_.Add(event);
  }

  ManualExecutor executor_;
  CollectingEmitter emitter_;
  DeviceTable table_{absl::Seconds(30)};
  ServerClock clock_{&executor_};
  std::optional<std::string> checkpoint_ = "c";
  std::vector<bool> blocked_;
  EventOutput output_{&executor_,
                      &emitter_,
                      &table_,
                      &clock_,
                      [this] { return checkpoint_; },
                      [this](bool blocked) { blocked_.push_back(blocked); }};
};

TEST_F(EventOutputTest, HandsALoneEventOverAtOnce) {
  EXPECT_TRUE(Add("a"));
  output_.Flush();
  EXPECT_THAT(emitter_.ids(), ElementsAre("a"));
  EXPECT_THAT(emitter_.checkpoints(), ElementsAre("c"));
  EXPECT_EQ(table_.watermark("d"), executor_.Now());
}

TEST_F(EventOutputTest, DropsObviousRepeats) {
  output_.Remember({"b"});
  EXPECT_TRUE(Add("a"));
  EXPECT_FALSE(Add("a"));
  EXPECT_FALSE(Add("b"));
  output_.Flush();
  EXPECT_THAT(emitter_.ids(), ElementsAre("a"));
}

TEST_F(EventOutputTest, SendsACheckpointAtMostEachSecondAndOneAfterTheLast) {
  for (int i = 0; i < 10; ++i) {
    Add("e" + std::to_string(i));
    output_.Flush();
    executor_.Advance(absl::Milliseconds(50));
  }
  EXPECT_EQ(emitter_.checkpoints().size(), 1u);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(emitter_.checkpoints().size(), 2u);
  executor_.Advance(absl::Hours(1));
  EXPECT_EQ(emitter_.checkpoints().size(), 2u);
}

TEST_F(EventOutputTest, SendsBigCheckpointsLessOften) {
  checkpoint_ = std::string(640 << 10, 'x');
  for (int second = 0; second < 60; ++second) {
    Add("e" + std::to_string(second));
    output_.Flush();
    executor_.Advance(absl::Seconds(1));
  }
  EXPECT_LE(emitter_.checkpoints().size(), 7u);
}

TEST_F(EventOutputTest, SendsProgressWithoutEventsNowAndThen) {
  output_.NoteProgress();
  EXPECT_EQ(emitter_.checkpoints().size(), 1u);
  for (int i = 0; i < 12; ++i) {
    executor_.Advance(absl::Seconds(10));
    output_.NoteProgress();
  }
  EXPECT_EQ(emitter_.checkpoints().size(), 3u);
  output_.CheckpointNow();
  EXPECT_EQ(emitter_.checkpoints().size(), 4u);
  checkpoint_.reset();
  output_.CheckpointNow();
  EXPECT_EQ(emitter_.checkpoints().size(), 4u);
}

TEST_F(EventOutputTest, WaitsWhileTheQueueIsFullAndKeepsTheOrder) {
  emitter_.set_full(true);
  Add("a");
  output_.Flush();
  EXPECT_TRUE(output_.blocked());
  Add("b");
  output_.Flush();
  EXPECT_THAT(emitter_.ids(), IsEmpty());
  emitter_.set_full(false);
  EXPECT_THAT(emitter_.ids(), ElementsAre("a", "b"));
  EXPECT_THAT(blocked_, ElementsAre(true, false));
}

TEST_F(EventOutputTest, SplitsALargeBacklog) {
  const std::string data(100 << 10, 'x');
  for (int i = 0; i < 10; ++i) Add("e" + std::to_string(i), data);
  output_.Flush();
  EXPECT_EQ(emitter_.ids().size(), 10u);
  EXPECT_GE(emitter_.emissions(), 3);
}

TEST_F(EventOutputTest, HandsMalformedInputOverOnceWhenAsked) {
  output_.AddMalformed({"x", "r", "m"});
  output_.AddMalformed({"x", "r", "m"});
  output_.AddMalformedOnce({"y", "r", "m"});
  output_.AddMalformedOnce({"y", "r", "m"});
  output_.Flush();
  EXPECT_EQ(emitter_.malformed().size(), 3u);
}

}  // namespace
}  // namespace sluice::disruptive
