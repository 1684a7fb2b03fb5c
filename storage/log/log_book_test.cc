#include "storage/log/log_book.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

EventBatchPtr Events(size_t count) {
  EventBatchBuilder builder;
  for (size_t i = 0; i < count; ++i) builder.Add(EventFields());
  return builder.Build();
}

class LogBookTest : public testing::Test {
 protected:
  // Adds a batch of `events` events whose record takes 100 bytes.
  void Add(size_t events) {
    BatchPlace place;
    place.first = book_.next();
    place.end = place.first + events;
    place.begin_offset = book_.next_offset();
    place.end_offset = place.begin_offset + 100;
    book_.AddBatch(place, Events(events));
  }

  uint64_t Corrupt(const char* cursor) {
    return book_.cursors()
        .find(cursor)
        ->second.progress.ToProto()
        .counters()
        .corrupt();
  }

  int AddressedRanges() const {
    int ranges = 0;
    book_.ForEachAddressed(
        [&](const storage::v1::AddressedRange&) { ++ranges; });
    return ranges;
  }

  LogBook book_{size_t{1} << 20};
};

TEST_F(LogBookTest, CountsBytesByOffset) {
  Add(10);
  Add(10);
  Add(10);
  EXPECT_EQ(book_.held_bytes(), 300u);
  EXPECT_TRUE(book_.MoveStart({11, 100}));
  EXPECT_EQ(book_.held_bytes(), 200u);
  EXPECT_EQ(book_.BytesFrom({21, 200}), 100u);
  EXPECT_FALSE(book_.MoveStart({11, 100}));
}

TEST_F(LogBookTest, TheHorizonIsTheSlowestCursorInUse) {
  Add(10);
  EXPECT_EQ(book_.Horizon(), 1u) << "no cursor";
  book_.AddCursor("a", 1).progress.Complete(1, 7, Done::kDelivered);
  book_.AddCursor("b", 1).progress.Complete(1, 3, Done::kDelivered);
  EXPECT_EQ(book_.Horizon(), 4u);
  book_.cursors().find("b")->second.progress.set_parked(true);
  EXPECT_EQ(book_.Horizon(), 8u);
  book_.cursors().find("a")->second.progress.set_parked(true);
  EXPECT_EQ(book_.Horizon(), 1u);
}

TEST_F(LogBookTest, ALossIsCountedOnceForTheLogAndEachCursor) {
  Add(10);
  Add(10);
  book_.AddCursor("a", 1).progress.Complete(1, 12, Done::kDelivered);
  book_.AddCursor("b", 1);
  EXPECT_EQ(book_.AddLoss(11, 20, 100), 10u);
  EXPECT_EQ(book_.AddLoss(11, 20, 100), 0u);
  EXPECT_EQ(Corrupt("a"), 8u);
  EXPECT_EQ(Corrupt("b"), 10u);
  EXPECT_EQ(book_.held_bytes(), 100u);
  EXPECT_EQ(book_.EventsBelow(21), 10u);
  EXPECT_EQ(book_.EventsBelow(16), 10u);
  book_.AddCursor("later", 1);
  EXPECT_EQ(Corrupt("later"), 10u);
  LogStats stats;
  book_.FillStats(&stats);
  EXPECT_EQ(stats.corrupt_events, 10u);
}

TEST_F(LogBookTest, OverlappingLossesAddOnlyWhatIsNew) {
  for (int i = 0; i < 10; ++i) Add(10);
  EXPECT_EQ(book_.AddLoss(11, 20, 100), 10u);
  EXPECT_EQ(book_.AddLoss(41, 50, 100), 10u);
  EXPECT_EQ(book_.AddLoss(1, 60, 600), 40u);
  for (Sequence s = 1; s <= 60; ++s) EXPECT_NE(book_.FindHole(s), nullptr) << s;
  EXPECT_EQ(book_.FindHole(61), nullptr);
  EXPECT_EQ(book_.held_bytes(), 400u);
  const auto state = book_.ToProto();
  for (int i = 1; i < state.holes_size(); ++i) {
    EXPECT_GT(state.holes(i).first(), state.holes(i - 1).last());
  }
}

TEST_F(LogBookTest, BytesOfALossThatWereNotKnownAreAddedLater) {
  for (int i = 0; i < 4; ++i) Add(10);
  EXPECT_EQ(book_.AddLoss(11, 20, 0), 10u);
  EXPECT_EQ(book_.held_bytes(), 400u);
  EXPECT_EQ(book_.AddLoss(11, 20, 100), 0u);
  EXPECT_EQ(book_.held_bytes(), 300u);
  EXPECT_EQ(book_.AddLoss(11, 20, 100), 0u);
  EXPECT_EQ(book_.held_bytes(), 300u);
}

TEST_F(LogBookTest, LossesGoWithTheEventsAroundThem) {
  for (int i = 0; i < 4; ++i) Add(10);
  book_.AddLoss(11, 20, 100);
  book_.MoveStart({11, 100});
  EXPECT_EQ(book_.held_bytes(), 200u);
  EXPECT_NE(book_.FindHole(11), nullptr);
  book_.MoveStart({21, 200});
  EXPECT_EQ(book_.held_bytes(), 200u);
  EXPECT_EQ(book_.FindHole(11), nullptr);
  EXPECT_EQ(book_.ToProto().holes_size(), 0);
}

TEST_F(LogBookTest, MovingTheStartDropsWhatWasNotDone) {
  Add(10);
  book_.AddCursor("a", 1).progress.Complete(3, 4, Done::kDelivered);
  book_.MoveStart({11, 100});
  const auto state = book_.cursors().find("a")->second.progress.ToProto();
  EXPECT_EQ(state.counters().dropped(), 8u);
  EXPECT_EQ(state.next_sequence(), 11u);
  EXPECT_TRUE(book_.changed());
}

TEST_F(LogBookTest, SurvivesBeingStored) {
  Add(10);
  Add(10);
  book_.AddLoss(1, 10, 100);
  book_.MakeDeadLetter(storage::v1::DeadLetter());
  DeadLetterDelta delta;
  delta.made = 3;
  delta.redriven = 1;
  delta.bytes = 50;
  book_.CountDeadLetters(delta);
  book_.AddCursor("a", 21);
  Add(5);
  book_.Address(21, 25, {"a"});
  LogBook again(0);
  again.FromProto(book_.ToProto());
  EXPECT_EQ(again.ToProto().SerializeAsString(),
            book_.ToProto().SerializeAsString());
  EXPECT_EQ(again.held_bytes(), 200u);
  EXPECT_EQ(again.next_dead_letter_id(), 2u);
  // These have keys of their own.
  EXPECT_EQ(again.AddressedTo(23), nullptr);
  book_.ForEachAddressed([&](const storage::v1::AddressedRange& range) {
    again.LoadAddressed(range);
  });
  ASSERT_NE(again.AddressedTo(23), nullptr);
  EXPECT_FALSE(again.addressed_have_no_keys());
}

TEST_F(LogBookTest, TakesWhatOldLogsAddressedFromTheirState) {
  storage::v1::LogState state;
  state.set_first_sequence(1);
  state.set_next_sequence(10);
  storage::v1::AddressedRange* range = state.add_addressed();
  range->set_first(3);
  range->set_last(5);
  range->add_cursors("a");
  LogBook book(0);
  book.FromProto(state);
  ASSERT_NE(book.AddressedTo(4), nullptr);
  EXPECT_TRUE(book.addressed_have_no_keys());
  EXPECT_EQ(book.ToProto().addressed_size(), 0);
}

TEST_F(LogBookTest, WhatIsAddressedToSomeIsDoneForAllOthers) {
  Add(10);
  book_.AddCursor("a", 1);
  book_.AddCursor("b", 1);
  Add(5);
  book_.Address(11, 15, {"b"});
  Add(5);
  book_.Address(16, 20, {"b"});
  EXPECT_EQ(book_.AddressedTo(10), nullptr);
  ASSERT_NE(book_.AddressedTo(11), nullptr);
  EXPECT_EQ(*book_.AddressedTo(20), std::vector<std::string>({"b"}));
  EXPECT_EQ(AddressedRanges(), 1) << "neighbours are joined";
  EXPECT_EQ(book_.cursors().find("a")->second.progress.Waiting(21), 10u);
  EXPECT_EQ(book_.cursors().find("b")->second.progress.Waiting(21), 20u);
  EXPECT_EQ(book_.AddCursor("late", 1).progress.Waiting(21), 10u);
  book_.MoveStart({21, 300});
  EXPECT_EQ(AddressedRanges(), 0);
}

TEST_F(LogBookTest, ALetterOfAnEventThatIsDoneIsLeftOut) {
  Add(10);
  book_.AddCursor("a", 1).progress.Complete(1, 3, Done::kDropped);
  CursorCommit commit;
  commit.cursor = "a";
  commit.completed = {{3, 4, Completion::kDeadLettered}};
  commit.dead_letters.resize(2);
  commit.dead_letters[0].set_sequence(3);
  commit.dead_letters[1].set_sequence(4);
  ASSERT_TRUE(book_.Commit(commit).ok());
  EXPECT_EQ(book_.ToProto().dead_letters_made(), 1u);
  const auto counters =
      book_.cursors().find("a")->second.progress.ToProto().counters();
  EXPECT_EQ(counters.dead_lettered(), 1u);
}

TEST_F(LogBookTest, LettersThatAreNotFoundAgainAreLost) {
  DeadLetterDelta delta;
  delta.made = 9;
  delta.purged = 2;
  delta.bytes = 700;
  book_.CountDeadLetters(delta);
  book_.RecountDeadLetters(4, 400);
  EXPECT_EQ(book_.ToProto().dead_letters(), 4u);
  EXPECT_EQ(book_.ToProto().dead_letters_lost(), 3u);
  EXPECT_EQ(book_.dead_letter_bytes(), 400u);
}

}  // namespace
}  // namespace sluice
