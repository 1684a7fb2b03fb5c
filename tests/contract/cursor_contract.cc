// What every EventLog promises of cursors.
#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

TEST_P(EventLogContract, ANewCursorBeginsAtTheOldestEventOrBehindTheNewest) {
  Open();
  Append({"a", "b"});
  const auto oldest = log_->OpenCursor("oldest", true);
  ASSERT_TRUE(oldest.ok());
  EXPECT_EQ(oldest->state.next_sequence(), 1u);
  EXPECT_EQ(oldest->waiting, 2u);
  const auto newest = log_->OpenCursor("newest", false);
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(newest->state.start_sequence(), 3u);
  EXPECT_EQ(newest->waiting, 0u);
  Append({"c"});
  EXPECT_EQ(Cursor("oldest").waiting, 3u);
  EXPECT_EQ(Cursor("newest").waiting, 1u);
  ExpectConservation();
}

TEST_P(EventLogContract, OpeningACursorAgainKeepsItsProgress) {
  Open();
  OpenCursor("out");
  Append({"a", "b"});
  Commit("out", 1, 1);
  const auto again = log_->OpenCursor("out", false);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->state.next_sequence(), 2u);
  EXPECT_EQ(again->waiting, 1u);
}

TEST_P(EventLogContract, CommitsComeInAnyOrderAndCountOnce) {
  Open();
  OpenCursor("out");
  for (int i = 0; i < 10; ++i) Append({"x"});
  Commit("out", 7, 8, Completion::kFiltered);
  Commit("out", 3, 4);
  EXPECT_EQ(Cursor("out").state.next_sequence(), 1u);
  EXPECT_EQ(Cursor("out").waiting, 6u);
  Commit("out", 1, 5, Completion::kDropped);
  EXPECT_EQ(Cursor("out").state.next_sequence(), 6u);
  Commit("out", 6, 6, Completion::kDeadLettered);
  EXPECT_EQ(Cursor("out").state.next_sequence(), 9u);
  Commit("out", 1, 10);
  const auto counters = Cursor("out").state.counters();
  EXPECT_EQ(counters.filtered(), 2u);
  EXPECT_EQ(counters.dropped(), 3u);
  EXPECT_EQ(counters.dead_lettered(), 1u);
  EXPECT_EQ(counters.delivered(), 4u);
  EXPECT_EQ(Cursor("out").waiting, 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, AWrongCommitChangesNothing) {
  Open();
  OpenCursor("out");
  Append({"a", "b"});
  CursorCommit commit;
  commit.cursor = "unknown";
  EXPECT_EQ(log_->Commit(commit).code(), absl::StatusCode::kNotFound);
  commit.cursor = "out";
  commit.completed = {{1, 1, Completion::kDelivered},
                      {2, 3, Completion::kDelivered}};
  commit.dead_letters.push_back(DeadLetter("not to be kept"));
  EXPECT_EQ(log_->Commit(commit).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Cursor("out").waiting, 2u);
  EXPECT_TRUE(DeadLetterIds().empty());
}

TEST_P(EventLogContract, ParkingNeedsACursor) {
  Open();
  EXPECT_EQ(log_->ParkCursor("out").code(), absl::StatusCode::kNotFound);
}

TEST_P(EventLogContract, ARewoundCursorHasItsEventsAgain) {
  options_.retain_time = absl::Hours(1);
  Open();
  OpenCursor("out");
  AppendSingles(10);
  Commit("out", 1, 4);
  Commit("out", 5, 5, Completion::kDeadLettered);
  Commit("out", 8, 9);
  const auto rewound = log_->RewindCursor("out", 3);
  ASSERT_TRUE(rewound.ok()) << rewound.status();
  EXPECT_EQ(rewound->state.next_sequence(), 3u);
  EXPECT_EQ(rewound->waiting, 8u);
  EXPECT_EQ(rewound->state.counters().rewound(), 5u);
  EXPECT_EQ(rewound->state.counters().delivered(), 6u);
  ExpectConservation();
  if (harness_->persists()) CrashAndOpen();
  EXPECT_EQ(Cursor("out").waiting, 8u);
  Commit("out", 3, 10);
  EXPECT_EQ(Cursor("out").waiting, 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, ACursorIsRewoundNoFurtherThanEventsAreHeld) {
  Open();
  OpenCursor("out");
  AppendSingles(10);
  Commit("out", 1, 6);
  Flush();
  ASSERT_EQ(log_->stats().first_sequence, 7u);
  const auto rewound = log_->RewindCursor("out", 1);
  ASSERT_TRUE(rewound.ok()) << rewound.status();
  EXPECT_EQ(rewound->state.next_sequence(), 7u);
  EXPECT_EQ(rewound->state.counters().rewound(), 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, ACursorIsRewoundBeforeItsStart) {
  options_.retain_time = absl::Hours(1);
  Open();
  AppendSingles(10);
  OpenCursor("late", /*from_start=*/false);
  const auto rewound = log_->RewindCursor("late", 4);
  ASSERT_TRUE(rewound.ok()) << rewound.status();
  EXPECT_EQ(rewound->state.start_sequence(), 4u);
  EXPECT_EQ(rewound->waiting, 7u);
  EXPECT_EQ(rewound->state.counters().rewound(), 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, EventsForOthersStayFilteredWhenACursorIsRewound) {
  options_.retain_time = absl::Hours(1);
  Open();
  OpenCursor("a");
  OpenCursor("b");
  AppendSingles(2);
  AppendRequest request;
  request.batches.push_back(Batch({"for a"}));
  request.only_cursors = {"a"};
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  AppendSingles(1);
  Commit("b", 1, 4);
  const auto rewound = log_->RewindCursor("b", 2);
  ASSERT_TRUE(rewound.ok()) << rewound.status();
  EXPECT_EQ(rewound->waiting, 2u);
  EXPECT_EQ(rewound->state.counters().filtered(), 2u);
  EXPECT_EQ(rewound->state.counters().rewound(), 3u);
  ExpectConservation();
}

TEST_P(EventLogContract, RewindingNeedsACursorAndAPlaceInTheLog) {
  Open();
  OpenCursor("out");
  AppendSingles(2);
  EXPECT_EQ(log_->RewindCursor("other", 1).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(log_->RewindCursor("out", 4).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(log_->RewindCursor("out", 3).ok());
}

TEST_P(EventLogContract, OnlyAParkedCursorIsRemoved) {
  Open();
  OpenCursor("out");
  OpenCursor("other");
  EXPECT_EQ(log_->RemoveCursor("none").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log_->RemoveCursor("out").code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(log_->ParkCursor("out").ok());
  ASSERT_TRUE(log_->RemoveCursor("out").ok());
  EXPECT_EQ(log_->Cursors().size(), 1u);
  if (!harness_->persists()) return;
  CrashAndOpen();
  EXPECT_EQ(log_->Cursors().size(), 1u);
}

}  // namespace
}  // namespace sluice
