#include "storage/log/recent_batches.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

EventBatchPtr Events(int count) {
  EventBatchBuilder builder;
  EventFields fields;
  const std::string data(100, 'x');
  fields.data = data;
  for (int i = 0; i < count; ++i) builder.Add(fields);
  return builder.Build();
}

// Adds batches of two events each: 1-2, 3-4, ...
void Fill(RecentBatches& recent, int batches) {
  for (int i = 0; i < batches; ++i) {
    BatchPlace place;
    place.first = 1 + 2 * static_cast<Sequence>(i);
    place.end = place.first + 2;
    place.begin_offset = 10 * static_cast<uint64_t>(i);
    place.end_offset = place.begin_offset + 10;
    recent.Add(place, Events(2));
  }
}

TEST(RecentBatchesTest, FindsTheBatchThatHoldsAnEvent) {
  RecentBatches recent(1 << 20, 100);
  Fill(recent, 5);
  for (Sequence sequence = 1; sequence <= 10; ++sequence) {
    const BatchPlace* place = recent.Find(sequence);
    ASSERT_NE(place, nullptr);
    EXPECT_LE(place->first, sequence);
    EXPECT_GT(place->end, sequence);
  }
  EXPECT_EQ(recent.Find(0), nullptr);
  EXPECT_EQ(recent.Find(11), nullptr);
}

TEST(RecentBatchesTest, ReadsTheTailFromWithinABatchUpToTheBytesAsked) {
  RecentBatches recent(1 << 20, 100);
  Fill(recent, 5);
  std::vector<LogBatch> out;
  size_t bytes = 0;
  recent.ReadTail(4, 1, &bytes, &out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].first_sequence, 3u);
  EXPECT_EQ(bytes, out[0].events->byte_size());
  out.clear();
  bytes = 0;
  recent.ReadTail(4, 1 << 20, &bytes, &out);
  EXPECT_EQ(out.size(), 4u);
}

TEST(RecentBatchesTest, DropsEventsOverTheLimitButKnowsTheirPlace) {
  const size_t one = Events(2)->byte_size();
  RecentBatches recent(2 * one, 100);
  Fill(recent, 5);
  EXPECT_EQ(recent.tail_bytes(), 2 * one);
  EXPECT_EQ(recent.tail_begin(), 7u);
  EXPECT_FALSE(recent.TailHolds(6));
  EXPECT_TRUE(recent.TailHolds(7));
  EXPECT_FALSE(recent.TailHolds(11));
  EXPECT_NE(recent.Find(1), nullptr);
}

TEST(RecentBatchesTest, ATailOfNoBytesHoldsNothing) {
  RecentBatches recent(0, 100);
  Fill(recent, 3);
  EXPECT_EQ(recent.tail_bytes(), 0u);
  EXPECT_FALSE(recent.TailHolds(5));
  EXPECT_NE(recent.Find(5), nullptr);
}

TEST(RecentBatchesTest, ForgetsTheOldestPlacesOverTheLimit) {
  RecentBatches recent(1 << 20, 3);
  Fill(recent, 5);
  EXPECT_EQ(recent.Find(4), nullptr);
  EXPECT_NE(recent.Find(5), nullptr);
  EXPECT_EQ(recent.tail_begin(), 5u);
}

TEST(RecentBatchesTest, RemovesWholeBatchesOnly) {
  RecentBatches recent(1 << 20, 100);
  Fill(recent, 5);
  recent.RemoveBelow(4);
  EXPECT_EQ(recent.Find(2), nullptr);
  EXPECT_NE(recent.Find(3), nullptr);
  recent.RemoveBelow(100);
  EXPECT_EQ(recent.tail_bytes(), 0u);
  EXPECT_FALSE(recent.TailHolds(9));
}

TEST(RecentBatchesTest, VisitsBatchesWhollyInARange) {
  RecentBatches recent(0, 100);
  Fill(recent, 5);
  std::string firsts;
  recent.ForEachIn(2, 8, [&firsts](const BatchPlace& place) {
    firsts += std::to_string(place.first) + " ";
  });
  EXPECT_EQ(firsts, "3 5 ");
}

}  // namespace
}  // namespace sluice
