// What every EventLog promises about dead letters, and about events that are
// for some cursors only.

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

using Letters = std::vector<uint64_t>;

class DeadLetterContract {
 public:
  explicit DeadLetterContract(EventLogContract* test) : test_(*test) {}

  // `count` letters of about 1 KiB, dead now.
  void Make(int count) {
    AppendRequest request;
    for (int i = 0; i < count; ++i) {
      auto letter = EventLogContract::DeadLetter(std::string(1000, 'x'));
      letter.set_dead_unix_nanos(absl::ToUnixNanos(test_.clock_.Now()));
      request.dead_letters.push_back(std::move(letter));
    }
    ASSERT_TRUE(
        test_.log_->Append(std::move(request), Durability::kDurable).ok());
  }

  absl::Status Redrive(const std::string& id, Letters letters,
                       std::vector<std::string> cursors) {
    AppendRequest request;
    request.batches = {EventLogContract::Batch({id})};
    request.redriven_dead_letters = std::move(letters);
    request.only_cursors = std::move(cursors);
    return test_.log_->Append(std::move(request), Durability::kDurable)
        .status();
  }

  void ExpectLettersAddUp() {
    const LogStats stats = test_.log_->stats();
    EXPECT_EQ(stats.dead_letters_made,
              stats.dead_letters + stats.dead_letters_redriven +
                  stats.dead_letters_purged + stats.dead_letters_dropped +
                  stats.dead_letters_lost);
    EXPECT_EQ(stats.dead_letters, test_.DeadLetterIds().size());
  }

 private:
  EventLogContract& test_;
};

TEST_P(EventLogContract, ARedrivenLetterGoesAsItsEventComes) {
  Open();
  DeadLetterContract letters(this);
  OpenCursor("a");
  OpenCursor("b");
  Append({"first"});
  letters.Make(3);
  ASSERT_TRUE(letters.Redrive("again", {2}, {"b"}).ok());
  EXPECT_EQ(DeadLetterIds(), Letters({1, 3}));
  EXPECT_EQ(log_->stats().dead_letters_redriven, 1u);
  const auto batches = log_->Read(1, 1 << 20);
  ASSERT_TRUE(batches.ok());
  ASSERT_EQ(batches->size(), 2u);
  EXPECT_TRUE((*batches)[0].IsFor("a"));
  EXPECT_FALSE((*batches)[1].IsFor("a"));
  EXPECT_TRUE((*batches)[1].IsFor("b"));
  EXPECT_EQ(Cursor("a").waiting, 1u);
  EXPECT_EQ(Cursor("a").state.counters().filtered(), 1u);
  EXPECT_EQ(Cursor("b").waiting, 2u);
  ExpectConservation();
  letters.ExpectLettersAddUp();
}

TEST_P(EventLogContract, ARedriveOfALetterThatIsGoneWritesNothing) {
  Open();
  DeadLetterContract letters(this);
  OpenCursor("a");
  letters.Make(1);
  ASSERT_TRUE(letters.Redrive("once", {1}, {"a"}).ok());
  EXPECT_EQ(letters.Redrive("twice", {1}, {"a"}).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(letters.Redrive("nobody", {}, {"a", "unknown"}).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Read(), Ids({"once"}));
  letters.ExpectLettersAddUp();
}

TEST_P(EventLogContract, AddresseesHoldForCursorsThatComeLaterAndAcrossACrash) {
  Open();
  DeadLetterContract letters(this);
  OpenCursor("a");
  OpenCursor("b");
  letters.Make(2);
  Append({"for all"});
  ASSERT_TRUE(letters.Redrive("one", {1}, {"b"}).ok());
  ASSERT_TRUE(letters.Redrive("two", {2}, {"b"}).ok());
  for (const bool crash : {false, true}) {
    if (crash) {
      if (!harness_->persists()) return;
      CrashAndOpen();
    }
    const std::string late = crash ? "later" : "late";
    OpenCursor(late);
    EXPECT_EQ(Cursor(late).waiting, 1u);
    EXPECT_EQ(Cursor(late).state.counters().filtered(), 2u);
    EXPECT_EQ(Cursor("a").waiting, 1u);
    EXPECT_EQ(Cursor("b").waiting, 3u);
    const auto redriven = log_->Read(2, 1 << 20);
    ASSERT_TRUE(redriven.ok());
    ASSERT_EQ(redriven->size(), 2u);
    for (const LogBatch& batch : *redriven) {
      EXPECT_FALSE(batch.IsFor(late));
      EXPECT_TRUE(batch.IsFor("b"));
    }
    ExpectConservation();
    letters.ExpectLettersAddUp();
  }
}

TEST_P(EventLogContract, AnEditedLetterKeepsItsPlace) {
  Open();
  DeadLetterContract letters(this);
  OpenCursor("out");
  Append({"a"});
  letters.Make(2);
  // Also one that no write has reached yet.
  CursorCommit commit;
  commit.cursor = "out";
  commit.completed = {{1, 1, Completion::kDeadLettered}};
  commit.dead_letters = {DeadLetter("pending")};
  ASSERT_TRUE(log_->Commit(std::move(commit)).ok());
  for (const uint64_t id : {1, 3}) {
    AppendRequest request;
    request.edited_dead_letters = {DeadLetter("edited")};
    request.edited_dead_letters[0].set_id(id);
    ASSERT_TRUE(log_->Append(std::move(request), Durability::kDurable).ok());
  }
  for (const bool crash : {false, true}) {
    if (crash && !harness_->persists()) return;
    if (crash) CrashAndOpen();
    const auto found = log_->ListDeadLetters(0, 10);
    ASSERT_EQ(found->size(), 3u);
    EXPECT_EQ((*found)[0].message(), "edited");
    EXPECT_EQ((*found)[1].message(), std::string(1000, 'x'));
    EXPECT_EQ((*found)[2].message(), "edited");
    uint64_t bytes = 0;
    for (const auto& letter : *found) bytes += letter.ByteSizeLong();
    EXPECT_EQ(log_->stats().dead_letter_bytes, bytes);
    letters.ExpectLettersAddUp();
  }
  AppendRequest request;
  request.edited_dead_letters = {DeadLetter("of nothing")};
  request.edited_dead_letters[0].set_id(17);
  EXPECT_EQ(
      log_->Append(std::move(request), Durability::kDurable).status().code(),
      absl::StatusCode::kNotFound);
}

TEST_P(EventLogContract, TheOldestLettersGoWhenThereAreTooManyBytes) {
  options_.dead_letter_max_bytes = 10'500;
  Open();
  DeadLetterContract letters(this);
  letters.Make(7);
  EXPECT_EQ(log_->stats().dead_letters_dropped, 0u);
  letters.Make(5);
  EXPECT_EQ(DeadLetterIds(), Letters({3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(log_->stats().dead_letters_dropped, 2u);
  EXPECT_LE(log_->stats().dead_letter_bytes, options_.dead_letter_max_bytes);
  ASSERT_TRUE(log_->DeleteDeadLetters({3, 4, 12}).ok());
  letters.Make(4);
  EXPECT_EQ(DeadLetterIds(), Letters({6, 7, 8, 9, 10, 11, 13, 14, 15, 16}));
  EXPECT_EQ(log_->stats().dead_letters_purged, 3u);
  letters.ExpectLettersAddUp();
}

TEST_P(EventLogContract, LettersGoWhenTheyAreTooOld) {
  options_.dead_letter_max_age = absl::Hours(10);
  Open();
  DeadLetterContract letters(this);
  letters.Make(2);
  clock_.Advance(absl::Hours(6));
  letters.Make(1);
  EXPECT_EQ(DeadLetterIds(), Letters({1, 2, 3}));
  clock_.Advance(absl::Hours(5));
  Flush();
  EXPECT_EQ(DeadLetterIds(), Letters({3}));
  clock_.Advance(absl::Hours(6));
  letters.Make(1);
  EXPECT_EQ(DeadLetterIds(), Letters({4}));
  EXPECT_EQ(log_->stats().dead_letters_dropped, 3u);
  letters.ExpectLettersAddUp();
}

}  // namespace
}  // namespace sluice
