#include "storage/log/cursor_progress.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(CursorProgressTest, MovesOverWhatIsDoneInOrder) {
  CursorProgress cursor(1);
  EXPECT_EQ(cursor.Complete(1, 3, Done::kDelivered), 3u);
  EXPECT_EQ(cursor.next(), 4u);
  EXPECT_EQ(cursor.Waiting(11), 7u);
  EXPECT_EQ(cursor.ToProto().done_size(), 0);
}

TEST(CursorProgressTest, RemembersWhatIsDoneAheadAndCatchesUp) {
  CursorProgress cursor(1);
  cursor.Complete(5, 6, Done::kDelivered);
  cursor.Complete(8, 8, Done::kFiltered);
  EXPECT_EQ(cursor.next(), 1u);
  EXPECT_EQ(cursor.Waiting(11), 7u);
  EXPECT_EQ(cursor.ToProto().done_size(), 2);
  cursor.Complete(7, 7, Done::kDropped);
  EXPECT_EQ(cursor.ToProto().done_size(), 1);
  cursor.Complete(1, 4, Done::kDelivered);
  EXPECT_EQ(cursor.next(), 9u);
  EXPECT_EQ(cursor.ToProto().done_size(), 0);
}

TEST(CursorProgressTest, CountsARepeatOnceAndKeepsTheFirstWord) {
  CursorProgress cursor(1);
  EXPECT_EQ(cursor.Complete(2, 4, Done::kDelivered), 3u);
  EXPECT_EQ(cursor.Complete(1, 6, Done::kDropped), 3u);
  EXPECT_EQ(cursor.Complete(1, 6, Done::kDropped), 0u);
  const auto state = cursor.ToProto();
  EXPECT_EQ(state.counters().delivered(), 3u);
  EXPECT_EQ(state.counters().dropped(), 3u);
}

TEST(CursorProgressTest, IgnoresWhatLiesBelowItsStart) {
  CursorProgress cursor(10);
  EXPECT_EQ(cursor.Complete(1, 9, Done::kDelivered), 0u);
  EXPECT_EQ(cursor.Complete(1, 10, Done::kDelivered), 1u);
  EXPECT_EQ(cursor.next(), 11u);
}

TEST(CursorProgressTest, GoesBackAndCountsWhatWasDone) {
  CursorProgress cursor(5);
  cursor.Complete(5, 9, Done::kDelivered);
  cursor.Complete(12, 15, Done::kDelivered);
  cursor.Complete(18, 18, Done::kSkipped);
  EXPECT_EQ(cursor.Rewind(14), 3u);  // Only what lies above.
  EXPECT_EQ(cursor.next(), 10u);
  EXPECT_TRUE(cursor.IsDone(13));
  EXPECT_FALSE(cursor.IsDone(14));
  EXPECT_EQ(cursor.Waiting(21), 9u);
  EXPECT_EQ(cursor.Rewind(7), 5u);
  EXPECT_EQ(cursor.next(), 7u);
  EXPECT_EQ(cursor.Waiting(21), 14u);
  EXPECT_EQ(cursor.Rewind(2), 2u);  // What is below the start never counted.
  EXPECT_EQ(cursor.next(), 2u);
  const auto state = cursor.ToProto();
  EXPECT_EQ(state.start_sequence(), 2u);
  EXPECT_EQ(state.counters().rewound(), 10u);
  EXPECT_EQ(DoneEvents(state.counters()), 0u);
}

TEST(CursorProgressTest, SurvivesBeingStored) {
  CursorProgress cursor(3);
  cursor.Complete(3, 5, Done::kDelivered);
  cursor.Complete(9, 12, Done::kDeadLettered);
  cursor.set_parked(true);
  const CursorProgress again(cursor.ToProto());
  EXPECT_EQ(again.ToProto().SerializeAsString(),
            cursor.ToProto().SerializeAsString());
  EXPECT_EQ(again.Waiting(20), cursor.Waiting(20));
}

TEST(CursorProgressTest, AgreesWithAPlainListOfFlags) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    constexpr Sequence kEnd = 60;
    CursorProgress cursor(1);
    std::vector<bool> done(kEnd, false);
    uint64_t counted = 0;
    for (int step = 0; step < 60; ++step) {
      const Sequence first = 1 + random() % (kEnd - 1);
      const Sequence last = std::min<Sequence>(kEnd - 1, first + random() % 6);
      uint64_t expected = 0;
      for (Sequence s = first; s <= last; ++s) {
        if (!done[s]) ++expected;
        done[s] = true;
      }
      const auto how = static_cast<Done>(random() % 5);
      ASSERT_EQ(cursor.Complete(first, last, how), expected) << seed;
      counted += expected;
      Sequence next = 1;
      while (next < kEnd && done[next]) ++next;
      ASSERT_EQ(cursor.next(), next) << seed;
      ASSERT_EQ(cursor.Waiting(kEnd), kEnd - 1 - counted) << seed;
      if (random() % 8 == 0) cursor = CursorProgress(cursor.ToProto());
    }
  }
}

}  // namespace
}  // namespace sluice
