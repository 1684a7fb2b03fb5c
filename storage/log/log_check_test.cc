#include "storage/log/log_check.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/format/keys.h"
#include "storage/kv/rocksdb_store.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {
namespace {

class LogCheckTest : public testing::Test {
 protected:
  LogCheckTest() {
    static int number = 0;
    folder_ = absl::StrCat(testing::TempDir(), "/checked-", ++number);
    std::filesystem::remove_all(folder_);
    auto log =
        RocksDbEventLog::Open(folder_, RocksDbLogOptions(), Clock::Real());
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    EXPECT_TRUE(log_->OpenCursor("out", true).ok());
    for (int i = 0; i < 5; ++i) Append();
    EXPECT_TRUE(log_->Commit({"out",
                              {{1, 15, Completion::kDelivered},
                               {31, 33, Completion::kFiltered}},
                              {}})
                    .ok());
    EXPECT_TRUE(log_->Flush(Durability::kDurable).ok());
  }

  void Append() {
    EventBatchBuilder builder;
    for (int i = 0; i < 10; ++i) builder.Add(EventFields());
    AppendRequest request;
    request.batches.push_back(builder.Build());
    request.sources.push_back({"in", "checkpoint", {}});
    request.dead_letters.emplace_back();
    request.dedupe_keys = {{1, 2}, {3, 4}};
    EXPECT_TRUE(log_->Append(std::move(request), Durability::kDurable).ok());
  }

  LogCheck Check() {
    auto check = CheckLog(folder_);
    EXPECT_TRUE(check.ok()) << check.status();
    return check.ok() ? *std::move(check) : LogCheck();
  }

  // Makes a change to the tables behind the log's back.
  void Change(const std::function<void(RocksDbStore&, WriteSet&)>& change) {
    log_.reset();
    auto store = RocksDbStore::Open(folder_, RocksDbStoreOptions());
    ASSERT_TRUE(store.ok()) << store.status();
    WriteSet set;
    change(**store, set);
    ASSERT_TRUE((*store)->Write(set, true).ok());
  }

  void ExpectProblem(const LogCheck& check, const std::string& text) {
    for (const std::string& problem : check.problems) {
      if (absl::StrContains(problem, text)) return;
    }
    ADD_FAILURE() << "no problem says \"" << text << "\"; there are "
                  << testing::PrintToString(check.problems);
  }

  std::string folder_;
  std::unique_ptr<RocksDbEventLog> log_;
};

TEST_F(LogCheckTest, AGoodLogHasNoProblems) {
  const LogCheck check = Check();
  EXPECT_TRUE(check.problems.empty()) << check.problems[0];
  EXPECT_EQ(check.format_version, 1u);
  EXPECT_EQ(check.records, 4u);
  EXPECT_EQ(check.events, 40u);
  EXPECT_EQ(check.record_bytes, log_->stats().stored_bytes);
  EXPECT_EQ(check.dead_letters, 5u);
  EXPECT_EQ(check.dedupe_keys, 10u);
  ASSERT_EQ(check.cursors.size(), 1u);
  EXPECT_EQ(check.cursors[0].waiting, 32u);
  ASSERT_EQ(check.sources.size(), 1u);
  EXPECT_EQ(check.sources[0].state.checkpoint(), "checkpoint");
}

TEST_F(LogCheckTest, ALogInUseCanBeLookedAtAndIsNotChanged) {
  Check();
  Append();
  EXPECT_EQ(Check().events, 50u);
  EXPECT_EQ(log_->stats().next_sequence, 61u);
}

TEST_F(LogCheckTest, ThereHasToBeALog) {
  EXPECT_EQ(CheckLog(folder_ + "/nothing").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(LogCheckTest, FindsDamagedAndMissingRecords) {
  Change([](RocksDbStore& store, WriteSet& set) {
    auto record = **store.Get(Table::kEvents, format::NumberKey(21));
    record.back() ^= 1;
    set.Put(Table::kEvents, format::NumberKey(21), record);
    set.Delete(Table::kEvents, format::NumberKey(41));
  });
  const LogCheck check = Check();
  ExpectProblem(check, "events 21 to 30 are damaged");
  ExpectProblem(check, "events 41 to 50 are missing");
  EXPECT_EQ(check.damaged_records, 1u);
  EXPECT_EQ(check.lost.size(), 2u);
  EXPECT_EQ(check.events, 20u);
}

TEST_F(LogCheckTest, LossesTheLogKnowsOfAreNoProblem) {
  Change([](RocksDbStore& store, WriteSet& set) {
    auto record = **store.Get(Table::kEvents, format::NumberKey(21));
    record.back() ^= 1;
    set.Put(Table::kEvents, format::NumberKey(21), record);
  });
  auto log = RocksDbEventLog::Open(folder_, RocksDbLogOptions(), Clock::Real());
  ASSERT_TRUE(log.ok());
  ASSERT_TRUE((*log)->Read(1, 1 << 20).ok());
  ASSERT_TRUE((*log)->Flush(Durability::kDurable).ok());
  const LogCheck check = Check();
  EXPECT_TRUE(check.problems.empty()) << check.problems[0];
  EXPECT_EQ(check.lost.size(), 1u);
}

TEST_F(LogCheckTest, FindsWhatDoesNotAgree) {
  Change([](RocksDbStore& store, WriteSet& set) {
    const auto record = **store.Get(Table::kEvents, format::NumberKey(41));
    set.Put(Table::kEvents, format::NumberKey(5000), record);
    storage::v1::CursorState cursor;
    cursor.set_start_sequence(1);
    cursor.set_next_sequence(4000);
    set.Put(Table::kCursors, "c/ahead", cursor.SerializeAsString());
    set.Put(Table::kCursors, "c/garbage", "\xff");
    set.Put(Table::kCursors, "s/garbage", "\xff");
    set.Put(Table::kDeadLetters, format::NumberKey(99), "");
    set.Put(Table::kDedupe, format::NumberKey(1), "short");
  });
  const LogCheck check = Check();
  ExpectProblem(check, "behind the end");
  ExpectProblem(check, "cursor \"ahead\" does not agree");
  ExpectProblem(check, "cursor \"garbage\" is not readable");
  ExpectProblem(check, "source \"garbage\" is not readable");
  ExpectProblem(check, "dead letter 6");
  ExpectProblem(check, "there are 6 dead letters");
  ExpectProblem(check, "event ids is cut off");
}

TEST_F(LogCheckTest, ANewerLogNeedsANewerProgram) {
  Change([](RocksDbStore&, WriteSet& set) {
    set.Put(Table::kMeta, std::string(format::kFormatVersionKey), "2");
  });
  EXPECT_EQ(CheckLog(folder_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice
