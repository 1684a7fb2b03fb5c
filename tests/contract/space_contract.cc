// What every EventLog promises of space: what is removed, and what is refused.
#include <random>
#include <utility>

#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

TEST_P(EventLogContract, WhatEveryCursorHasPassedIsRemovedByTheNextWrite) {
  Open();
  OpenCursor("fast");
  OpenCursor("slow");
  Append({"a", "b"});
  Append({"c", "d"});
  Commit("fast", 1, 4);
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 1u);
  Commit("slow", 1, 1);
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 1u) << "half a batch";
  Commit("slow", 2, 3);
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 3u);
  EXPECT_EQ(Read(), Ids({"c", "d"}));
  Commit("slow", 4, 4);
  Append({"e"});
  EXPECT_EQ(log_->stats().first_sequence, 5u);
  EXPECT_EQ(Read(), Ids({"e"}));
  Commit("slow", 5, 5);
  Commit("fast", 5, 5);
  Flush();
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
  EXPECT_EQ(log_->stats().tail_bytes, 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, WithoutACursorNothingIsRemoved) {
  Open();
  Append({"a"});
  Flush();
  Append({"b"});
  EXPECT_EQ(Read(), Ids({"a", "b"}));
}

TEST_P(EventLogContract, AParkedCursorHoldsNothingAndLosesWhatGoes) {
  Open();
  OpenCursor("out");
  OpenCursor("gone");
  AppendSingles(4);
  Commit("gone", 2, 2);
  ASSERT_TRUE(log_->ParkCursor("gone").ok());
  EXPECT_TRUE(Cursor("gone").state.parked());
  Commit("out", 1, 3);
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 4u);
  EXPECT_EQ(Cursor("gone").state.counters().dropped(), 2u);
  EXPECT_EQ(Cursor("gone").state.counters().delivered(), 1u);
  OpenCursor("gone", false);
  EXPECT_FALSE(Cursor("gone").state.parked());
  EXPECT_EQ(Cursor("gone").state.next_sequence(), 4u);
  EXPECT_EQ(Cursor("gone").waiting, 1u);
  ExpectConservation();
}

TEST_P(EventLogContract, AFullLogRefusesAndTakesMoreOnceThereIsRoom) {
  options_.max_bytes = 1 << 20;
  Open();
  OpenCursor("out");
  absl::Status status;
  Sequence next = 1;
  for (; (status = AppendBatch(Noise(100'000, next))).ok(); ++next) {
    ASSERT_LT(next, 100u);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(log_->stats().next_sequence, next);
  EXPECT_LE(log_->stats().stored_bytes, options_.max_bytes);
  EXPECT_GT(log_->stats().stored_bytes, options_.max_bytes - 110'000);
  EXPECT_FALSE(log_->HasRoom(100'000));
  // Everything but events still goes in.
  AppendRequest request;
  request.dead_letters.push_back(DeadLetter("x"));
  EXPECT_TRUE(log_->Append(std::move(request), Durability::kBuffered).ok());
  Commit("out", 1, 2);
  EXPECT_TRUE(log_->HasRoom(100'000));
  EXPECT_TRUE(AppendBatch(Noise(100'000, 1000)).ok());
  ExpectConservation();
}

TEST_P(EventLogContract, WhenThereIsRoomAnAppendIsNeverRefused) {
  options_.max_bytes = 1 << 20;
  for (bool compressible : {false, true}) {
    Open();
    OpenCursor("out");
    std::mt19937_64 random(5);
    for (int i = 0; i < 300; ++i) {
      AppendRequest request;
      uint64_t bytes = 0;
      for (uint64_t batches = 1 + random() % 4; batches > 0; --batches) {
        request.batches.push_back(compressible
                                      ? Batch(Ids(1 + random() % 50, "id"))
                                      : Noise(1 + random() % 30'000, random()));
        bytes += request.batches.back()->wire().size();
      }
      const bool has_room = log_->HasRoom(bytes);
      const absl::Status status =
          log_->Append(std::move(request), Durability::kBuffered).status();
      EXPECT_TRUE(status.ok() || !has_room) << status;
      if (!status.ok()) {
        const Sequence last = log_->stats().next_sequence - 1;
        Commit("out", 1, 1 + random() % last);
      }
    }
    ExpectConservation();
  }
}

TEST_P(EventLogContract, TrimmingMakesRoomAndCountsWhatWasNotDone) {
  options_.max_bytes = 1 << 20;
  Open();
  OpenCursor("out");
  OpenCursor("ahead");
  for (uint64_t i = 0; AppendBatch(Noise(100'000, i)).ok(); ++i) {
  }
  const Sequence next = log_->stats().next_sequence;
  Commit("ahead", 1, 1);
  Commit("ahead", 3, next - 1, Completion::kFiltered);
  const auto removed = log_->TrimOldest(250'000);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_GE(*removed, 2u);
  EXPECT_LE(*removed, 4u);
  EXPECT_EQ(log_->stats().first_sequence, 1 + *removed);
  EXPECT_TRUE(log_->HasRoom(250'000));
  EXPECT_EQ(Cursor("out").state.counters().dropped(), *removed);
  EXPECT_EQ(Cursor("ahead").state.counters().dropped(), 1u);
  // Reading goes on behind the gap.
  const auto read = log_->Read(1, 1);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->at(0).first_sequence, 1 + *removed);
  // A late word about them changes nothing.
  Commit("out", 1, *removed);
  EXPECT_EQ(Cursor("out").state.counters().delivered(), 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, TrimmingForMoreThanTheLimitRemovesEverything) {
  options_.max_bytes = 1 << 20;
  Open();
  OpenCursor("out");
  AppendSingles(10);
  const auto removed = log_->TrimOldest(uint64_t{2} << 20);
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*removed, 10u);
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
  EXPECT_EQ(*log_->TrimOldest(uint64_t{2} << 20), 0u);
  EXPECT_EQ(Append({"next"}), 11u);
  ExpectConservation();
}

TEST_P(EventLogContract, TrimmingWhenThereIsRoomRemovesNothing) {
  Open();
  OpenCursor("out");
  AppendSingles(3);
  EXPECT_EQ(*log_->TrimOldest(1000), 0u);
  EXPECT_EQ(log_->stats().first_sequence, 1u);
}

TEST_P(EventLogContract, DeliveredEventsAreRetainedForATime) {
  options_.retain_time = absl::Hours(1);
  Open();
  OpenCursor("out");
  Append({"a"});
  clock_.Advance(absl::Minutes(40));
  Append({"b"});
  Commit("out", 1, 2);
  Flush();
  EXPECT_EQ(Read(), Ids({"a", "b"}));
  clock_.Advance(absl::Minutes(30));
  Flush();
  EXPECT_EQ(Read(), Ids({"b"}));
  clock_.Advance(absl::Minutes(40));
  Append({"c"});
  EXPECT_EQ(Read(), Ids({"c"}));
}

TEST_P(EventLogContract, DeliveredEventsAreRetainedUpToSomeBytes) {
  options_.retain_bytes = 25'000;
  Open();
  OpenCursor("out");
  for (uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(AppendBatch(Noise(10'000, i)).ok());
  }
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 1u) << "not delivered yet";
  Commit("out", 1, 4);
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 3u);
}

TEST_P(EventLogContract, RetainedEventsGiveWayToNewOnes) {
  options_.max_bytes = 1 << 20;
  options_.retain_time = absl::Hours(1000);
  Open();
  OpenCursor("out");
  for (uint64_t i = 1; i <= 30; ++i) {
    EXPECT_TRUE(log_->HasRoom(100'000));
    ASSERT_TRUE(AppendBatch(Noise(100'000, i)).ok()) << i;
    Commit("out", i, i);
  }
  EXPECT_GT(log_->stats().stored_bytes, 800'000u);
  EXPECT_EQ(Cursor("out").state.counters().dropped(), 0u);
}

}  // namespace
}  // namespace sluice
