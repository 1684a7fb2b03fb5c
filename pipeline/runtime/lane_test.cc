#include "pipeline/runtime/lane.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

class LaneTest : public testing::Test {
 protected:
  LaneTest() : lane_(Backoff(absl::Seconds(1), absl::Seconds(8))) {}

  // Puts `count` events of 100 bytes of data into the lane.
  void Fill(int count) {
    EventBatchBuilder builder;
    const std::string data(100, 'x');
    for (int i = 0; i < count; ++i) {
      builder.Add({.id = std::to_string(i), .data = data});
    }
    batch_.events = builder.Build();
    for (int i = 0; i < count; ++i) {
      PendingEvent event;
      event.sequence = static_cast<Sequence>(i + 1);
      event.batch = &batch_;
      event.index = static_cast<uint32_t>(i);
      lane_.Push(std::move(event));
    }
  }

  static std::vector<Sequence> Sequences(const Delivery& delivery) {
    std::vector<Sequence> sequences;
    for (const DeliveryItem& item : delivery.items) {
      sequences.push_back(item.sequence);
    }
    return sequences;
  }

  // Ends the delivery under way with nothing done.
  void ReturnAll() { lane_.PutBack(lane_.TakeBack()); }

  WindowBatch batch_;
  Lane lane_;
};

using SequenceList = std::vector<Sequence>;

TEST_F(LaneTest, TakesEventsInOrderUpToTheLimit) {
  Fill(5);
  const Delivery delivery = lane_.Take(3, 1 << 20);
  EXPECT_EQ(Sequences(delivery), (SequenceList{1, 2, 3}));
  EXPECT_EQ(delivery.items[0].attempt, 1u);
  EXPECT_EQ(delivery.batches.size(), 1u);
  EXPECT_TRUE(lane_.busy());
  EXPECT_FALSE(lane_.Ready(absl::Hours(1)));
}

TEST_F(LaneTest, KeepsToTheByteLimitButTakesAtLeastOne) {
  Fill(5);
  EXPECT_EQ(lane_.Take(5, 250).items.size(), 2u);
  ReturnAll();
  EXPECT_EQ(lane_.Take(5, 1).items.size(), 1u);
}

TEST_F(LaneTest, PutsUnfinishedEventsBackInFront) {
  Fill(4);
  lane_.Take(3, 1 << 20);
  std::vector<PendingEvent> events = lane_.TakeBack();
  std::vector<PendingEvent> unfinished;
  unfinished.push_back(std::move(events[0]));
  unfinished.push_back(std::move(events[2]));
  lane_.PutBack(std::move(unfinished));
  EXPECT_EQ(Sequences(lane_.Take(10, 1 << 20)), (SequenceList{1, 3, 4}));
}

TEST_F(LaneTest, HalvesUntilThePoisonStandsAlone) {
  Fill(8);
  const Sequence poison = 6;
  std::vector<Sequence> done;
  std::vector<Sequence> buried;
  int requests = 0;
  while (!lane_.empty()) {
    const Delivery delivery = lane_.Take(8, 1 << 20);
    ++requests;
    ASSERT_LT(requests, 50);
    bool refused = false;
    for (const DeliveryItem& item : delivery.items) {
      refused = refused || item.sequence == poison;
    }
    std::vector<PendingEvent> events = lane_.TakeBack();
    if (refused && events.size() > 1) {
      lane_.Halve(events.size(), events.back().sequence);
      lane_.PutBack(std::move(events));
      continue;
    }
    for (const PendingEvent& event : events) {
      (refused ? buried : done).push_back(event.sequence);
    }
  }
  EXPECT_EQ(buried, SequenceList{poison});
  EXPECT_EQ(done, (SequenceList{1, 2, 3, 4, 5, 7, 8}));
  EXPECT_LE(requests, 10);
}

TEST_F(LaneTest, SendsFullRequestsAgainBehindTheRefusedOne) {
  Fill(12);
  const Delivery delivery = lane_.Take(4, 1 << 20);
  lane_.Halve(4, delivery.items.back().sequence);
  ReturnAll();
  EXPECT_EQ(Sequences(lane_.Take(4, 1 << 20)), (SequenceList{1, 2}));
  lane_.TakeBack();
  EXPECT_EQ(Sequences(lane_.Take(4, 1 << 20)), (SequenceList{3, 4}));
  lane_.TakeBack();
  EXPECT_EQ(Sequences(lane_.Take(4, 1 << 20)), (SequenceList{5, 6, 7, 8}));
}

TEST_F(LaneTest, WaitsAfterAFailureAndNotAfterASuccess) {
  Fill(1);
  std::mt19937_64 random(1);
  lane_.Take(1, 1 << 20);
  ReturnAll();
  lane_.BackOff(absl::Seconds(100), random);
  EXPECT_GT(lane_.not_before(), absl::Seconds(100));
  EXPECT_FALSE(lane_.Ready(absl::Seconds(100)));
  EXPECT_TRUE(lane_.Ready(absl::Seconds(101)));
  lane_.Succeeded();
  EXPECT_TRUE(lane_.Ready(absl::Seconds(100)));
}

}  // namespace
}  // namespace sluice
