#include "storage/log/kv_event_log.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/format/keys.h"
#include "storage/kv/memory_store.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

// A store that outlives its log, and fails when told to. What a failed write
// held is kept: a crash may bring it back.
struct Disk {
  MemoryStore store;
  absl::Status write_status;
  // Failed writes leave their changes here all the same.
  bool failed_writes_stay = false;
  MemoryStore after_crash;
  int writes = 0;
};

class DiskStore final : public KeyValueStore {
 public:
  explicit DiskStore(Disk* disk) : disk_(*disk) {}
  absl::Status Write(const WriteSet& changes, bool sync) override {
    ++disk_.writes;
    if (!disk_.write_status.ok()) {
      if (disk_.failed_writes_stay) {
        EXPECT_TRUE(disk_.after_crash.Write(changes, sync).ok());
      }
      return disk_.write_status;
    }
    EXPECT_TRUE(disk_.after_crash.Write(changes, sync).ok());
    return disk_.store.Write(changes, sync);
  }
  absl::Status Sync() override { return disk_.write_status; }
  absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const override {
    return disk_.store.Get(table, key);
  }
  absl::Status Scan(Table table, const ScanRange& range,
                    Visitor visit) const override {
    return disk_.store.Scan(table, range, visit);
  }
  absl::Status ScanDamaged(Table table, const ScanRange& range,
                           Visitor visit) const override {
    return disk_.store.ScanDamaged(table, range, visit);
  }
  absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor,
      std::string_view end) const override {
    return disk_.store.LastKey(table, floor, end);
  }
  void DropBelow(Table table, std::string_view key) override {
    disk_.store.DropBelow(table, key);
  }
  uint64_t generation(Table) const override { return 0; }

 private:
  Disk& disk_;
};

class TestLog final : public KvEventLog {
 public:
  TestLog(Disk* disk, const LogOptions& options, Clock* clock,
          std::vector<Sequence>* quarantined)
      : KvEventLog(std::make_unique<DiskStore>(disk), options,
                   format::Codec::kLz4, clock,
                   [quarantined](Sequence sequence, std::string_view) {
                     quarantined->push_back(sequence);
                   }) {}
  using KvEventLog::Load;
};

class KvEventLogTest : public testing::Test {
 protected:
  KvEventLogTest() {
    options_.tail_bytes = 0;
    Open();
  }

  void Open(bool repaired = false) {
    log_ = std::make_unique<TestLog>(disk_.get(), options_, &clock_,
                                     &quarantined_);
    DamageList damage;
    if (repaired) damage.push_back({"repaired by the test"});
    load_status_ = log_->Load(&damage);
  }

  // Opens what a crash would have left: failed writes included.
  void OpenAfterCrash() {
    log_.reset();
    auto disk = std::make_unique<Disk>();
    for (size_t i = 0; i < kTableCount; ++i) {
      const auto table = static_cast<Table>(i);
      WriteSet set;
      EXPECT_TRUE(disk_->after_crash
                      .Scan(table, ScanRange::Between("", "\xff\xff"),
                            [&](std::string_view key, std::string_view value) {
                              set.Put(table, std::string(key),
                                      std::string(value));
                              return true;
                            })
                      .ok());
      EXPECT_TRUE(disk->store.Write(set, false).ok());
      EXPECT_TRUE(disk->after_crash.Write(set, false).ok());
    }
    disk_ = std::move(disk);
    Open();
  }

  static AppendRequest Request(const std::vector<int>& sizes) {
    AppendRequest request;
    for (int size : sizes) {
      EventBatchBuilder builder;
      for (int i = 0; i < size; ++i) builder.Add(EventFields());
      request.batches.push_back(builder.Build());
    }
    return request;
  }
  absl::Status Append(const std::vector<int>& sizes) {
    return log_->Append(Request(sizes), Durability::kBuffered).status();
  }

  // First sequences of all batches.
  std::vector<Sequence> Read() {
    std::vector<Sequence> firsts;
    const auto batches = log_->Read(1, 1 << 20);
    EXPECT_TRUE(batches.ok()) << batches.status();
    for (const LogBatch& batch : *batches) {
      firsts.push_back(batch.first_sequence);
    }
    return firsts;
  }

  storage::v1::CursorCounters Counters(const std::string& name) {
    for (const CursorInfo& info : log_->Cursors()) {
      if (info.name == name) return info.state.counters();
    }
    return {};
  }

  void DamageRecord(Sequence first) {
    auto record = **disk_->store.Get(Table::kEvents, format::NumberKey(first));
    record.back() ^= 1;
    WriteSet set;
    set.Put(Table::kEvents, format::NumberKey(first), record);
    ASSERT_TRUE(disk_->store.Write(set, false).ok());
  }
  bool HasRecord(Sequence first) {
    return disk_->store.Get(Table::kEvents, format::NumberKey(first))
        ->has_value();
  }

  std::unique_ptr<Disk> disk_ = std::make_unique<Disk>();
  SettableClock clock_;
  LogOptions options_;
  std::vector<Sequence> quarantined_;
  std::unique_ptr<TestLog> log_;
  absl::Status load_status_;
};

// ---- Dead letters ----

TEST_F(KvEventLogTest, AFailedRedriveIsUndoneByTheNextWrite) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  AppendRequest letters;
  letters.dead_letters.resize(2);
  ASSERT_TRUE(log_->Append(letters, Durability::kDurable).ok());
  AppendRequest redrive = Request({1});
  redrive.only_cursors = {"out"};
  redrive.redriven_dead_letters = {1};
  redrive.edited_dead_letters.resize(1);
  redrive.edited_dead_letters[0].set_id(2);
  redrive.edited_dead_letters[0].set_message("edited");
  disk_->write_status = absl::UnavailableError("sync failed");
  disk_->failed_writes_stay = true;
  EXPECT_FALSE(log_->Append(redrive, Durability::kDurable).ok());
  disk_->write_status = absl::OkStatus();
  ASSERT_TRUE(Append({3}).ok());
  OpenAfterCrash();
  const auto found = log_->ListDeadLetters(0, 10);
  ASSERT_EQ(found->size(), 2u) << "the letter is there, and not its event";
  EXPECT_EQ((*found)[1].message(), "");
  EXPECT_EQ(log_->stats().dead_letters, 2u);
  EXPECT_EQ(log_->stats().next_sequence, 4u);
}

TEST_F(KvEventLogTest, ARedriveThatACrashBringsBackIsWhole) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  ASSERT_TRUE(log_->OpenCursor("other", true).ok());
  AppendRequest letters;
  letters.dead_letters.resize(1);
  ASSERT_TRUE(log_->Append(letters, Durability::kDurable).ok());
  AppendRequest redrive = Request({1});
  redrive.only_cursors = {"out"};
  redrive.redriven_dead_letters = {1};
  disk_->write_status = absl::UnavailableError("sync failed");
  disk_->failed_writes_stay = true;
  EXPECT_FALSE(log_->Append(redrive, Durability::kDurable).ok());
  OpenAfterCrash();
  EXPECT_TRUE(log_->ListDeadLetters(0, 10)->empty());
  EXPECT_EQ(log_->stats().next_sequence, 2u);
  EXPECT_EQ(Counters("other").filtered(), 1u);
  EXPECT_EQ(Counters("out").filtered(), 0u);
}

// ---- Writes that fail ----

TEST_F(KvEventLogTest, ACrashDoesNotForgetWhatWasDropped) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  ASSERT_TRUE(Append({3, 2}).ok());
  ASSERT_TRUE(log_->Commit({"out", {{1, 1, Completion::kDelivered}}, {}}).ok());
  ASSERT_EQ(*log_->TrimOldest(options_.max_bytes), 5u);
  EXPECT_EQ(Counters("out").dropped(), 4u);
  OpenAfterCrash();
  EXPECT_EQ(Counters("out").dropped(), 4u);
  EXPECT_EQ(Counters("out").delivered(), 1u);
}

TEST_F(KvEventLogTest, AFailedAppendChangesNothingAndCanBeRepeated) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  ASSERT_TRUE(Append({3}).ok());
  ASSERT_TRUE(log_->Commit({"out", {{1, 2, Completion::kDelivered}}, {}}).ok());
  disk_->write_status = absl::UnavailableError("disk full");
  AppendRequest request = Request({2, 2});
  request.sources.push_back({"in", "checkpoint", {}});
  request.dead_letters.emplace_back();
  EXPECT_EQ(log_->Append(request, Durability::kDurable).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(log_->Flush(Durability::kDurable).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(log_->stats().next_sequence, 4u);
  EXPECT_EQ(log_->stats().dead_letters, 0u);
  EXPECT_TRUE(log_->Sources().empty());
  EXPECT_EQ(Read(), std::vector<Sequence>({1}));
  EXPECT_EQ(Counters("out").delivered(), 2u) << "progress is not forgotten";
  disk_->write_status = absl::OkStatus();
  EXPECT_EQ(log_->Append(request, Durability::kDurable)->first_sequence, 4u);
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 4, 6}));
  EXPECT_EQ(log_->stats().dead_letters, 1u);
  OpenAfterCrash();
  EXPECT_EQ(Counters("out").delivered(), 2u);
}

TEST_F(KvEventLogTest, TracesOfAFailedWriteAreOverwritten) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  AppendRequest first = Request({3});
  first.sources.push_back({"in", "first", {}});
  ASSERT_TRUE(log_->Append(first, Durability::kBuffered).ok());
  disk_->write_status = absl::UnavailableError("sync failed");
  disk_->failed_writes_stay = true;
  AppendRequest failed = Request({2, 2, 2});
  failed.sources.push_back({"in", "failed", {}});
  failed.sources.push_back({"new", "failed", {}});
  failed.dedupe_keys = {{1, 1}};
  failed.dead_letters.emplace_back();
  EXPECT_FALSE(log_->Append(failed, Durability::kDurable).ok());
  EXPECT_FALSE(log_->OpenCursor("never", true).ok());
  EXPECT_FALSE(log_->ParkCursor("out").ok());
  disk_->write_status = absl::OkStatus();
  ASSERT_TRUE(Append({1}).ok());
  OpenAfterCrash();
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 4}));
  EXPECT_EQ(log_->stats().next_sequence, 5u);
  ASSERT_EQ(log_->Sources().size(), 1u);
  EXPECT_EQ(log_->Sources()[0].state.checkpoint(), "first");
  ASSERT_EQ(log_->Cursors().size(), 1u);
  EXPECT_FALSE(log_->Cursors()[0].state.parked());
  EXPECT_TRUE(log_->ListDeadLetters(0, 10)->empty());
  int keys = 0;
  ASSERT_TRUE(
      log_->ForEachDedupeKey([&keys](absl::Time, DedupeKey) { ++keys; }).ok());
  EXPECT_EQ(keys, 0) << "its events were never stored";
}

TEST_F(KvEventLogTest, AFailedWriteThatComesBackWholeIsWhole) {
  disk_->write_status = absl::UnavailableError("sync failed");
  disk_->failed_writes_stay = true;
  AppendRequest request = Request({2});
  request.sources.push_back({"in", "checkpoint", {}});
  EXPECT_FALSE(log_->Append(request, Durability::kDurable).ok());
  OpenAfterCrash();
  EXPECT_EQ(Read(), std::vector<Sequence>({1}));
  EXPECT_EQ(log_->Sources()[0].state.checkpoint(), "checkpoint");
}

TEST_F(KvEventLogTest, AfterDataLossOnlyReadingGoesOn) {
  ASSERT_TRUE(Append({2}).ok());
  disk_->write_status = absl::DataLossError("gave up");
  EXPECT_EQ(Append({2}).code(), absl::StatusCode::kDataLoss);
  disk_->write_status = absl::OkStatus();
  EXPECT_EQ(Append({2}).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(log_->Flush(Durability::kBuffered).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(), std::vector<Sequence>({1}));
}

TEST_F(KvEventLogTest, AFailedTrimLeavesCursorsAlone) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  ASSERT_TRUE(Append({2}).ok());
  disk_->write_status = absl::UnavailableError("disk");
  EXPECT_FALSE(log_->TrimOldest(uint64_t{1} << 40).ok());
  EXPECT_EQ(Counters("out").dropped(), 0u);
  EXPECT_EQ(log_->Cursors()[0].waiting, 2u);
  EXPECT_EQ(Read(), std::vector<Sequence>({1}));
}

TEST_F(KvEventLogTest, AFlushWithNothingToWriteDoesNotWrite) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  ASSERT_TRUE(Append({2}).ok());
  const int writes = disk_->writes;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
    ASSERT_TRUE(log_->Flush(Durability::kDurable).ok());
  }
  EXPECT_EQ(disk_->writes, writes);
}

// ---- Damage ----

TEST_F(KvEventLogTest, ADamagedRecordIsQuarantinedCountedAndSkipped) {
  ASSERT_TRUE(log_->OpenCursor("ahead", true).ok());
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append({10}).ok());
  ASSERT_TRUE(
      log_->Commit({"ahead", {{1, 14, Completion::kDelivered}}, {}}).ok());
  const uint64_t bytes = log_->stats().stored_bytes;
  DamageRecord(11);
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 21, 31}));
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 21, 31}));
  EXPECT_EQ(quarantined_, std::vector<Sequence>({11}));
  EXPECT_EQ(log_->stats().corrupt_events, 10u);
  EXPECT_EQ(log_->stats().stored_bytes, bytes / 4 * 3);
  EXPECT_EQ(Counters("ahead").corrupt(), 6u);
  EXPECT_EQ(Counters("out").corrupt(), 10u);
  EXPECT_TRUE(HasRecord(11));
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  EXPECT_FALSE(HasRecord(11));
  Open();
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 21, 31}));
  EXPECT_EQ(log_->stats().corrupt_events, 10u) << "counted once, for good";
  EXPECT_EQ(quarantined_.size(), 1u);
  ASSERT_TRUE(
      log_->Commit({"out", {{1, 40, Completion::kDelivered}}, {}}).ok());
  ASSERT_TRUE(
      log_->Commit({"ahead", {{1, 40, Completion::kDelivered}}, {}}).ok());
  EXPECT_EQ(Counters("out").delivered(), 30u);
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
}

TEST_F(KvEventLogTest, RecordsThatAreNotThereAreLost) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append({10}).ok());
  WriteSet set;
  set.Delete(Table::kEvents, format::NumberKey(21));
  set.Delete(Table::kEvents, format::NumberKey(31));
  ASSERT_TRUE(disk_->store.Write(set, false).ok());
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 11}));
  EXPECT_EQ(Counters("out").corrupt(), 20u);
  ASSERT_TRUE(Append({5}).ok());
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 11, 41}));
}

TEST_F(KvEventLogTest, TrimmingAndRetentionGetPastDamage) {
  options_.retain_time = absl::Hours(1);
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append({10}).ok());
  ASSERT_TRUE(
      log_->Commit({"out", {{1, 30, Completion::kDelivered}}, {}}).ok());
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  Open();
  DamageRecord(1);
  DamageRecord(11);
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  EXPECT_EQ(log_->stats().first_sequence, 31u);
  DamageRecord(31);
  EXPECT_EQ(*log_->TrimOldest(uint64_t{1} << 40), 0u) << "all of it was lost";
  EXPECT_EQ(log_->stats().first_sequence, 41u);
  EXPECT_EQ(Counters("out").corrupt(), 10u);
}

// ---- Opening ----

TEST_F(KvEventLogTest, RefusesANewerFormat) {
  WriteSet set;
  set.Put(Table::kMeta, std::string(format::kFormatVersionKey), "2");
  ASSERT_TRUE(disk_->store.Write(set, false).ok());
  Open();
  EXPECT_EQ(load_status_.code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(KvEventLogTest, RebuildsALostState) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Append({10}).ok());
  const LogStats before = log_->stats();
  WriteSet set;
  set.Delete(Table::kMeta, std::string(format::kStateKey));
  ASSERT_TRUE(disk_->store.Write(set, false).ok());
  Open(/*repaired=*/true);
  ASSERT_TRUE(load_status_.ok()) << load_status_;
  EXPECT_EQ(log_->stats().next_sequence, before.next_sequence);
  EXPECT_EQ(log_->stats().stored_bytes, before.stored_bytes);
  EXPECT_EQ(Read(), std::vector<Sequence>({1, 11, 21}));
}

TEST_F(KvEventLogTest, AStateOlderThanItsTablesCatchesUp) {
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  AppendRequest request = Request({10});
  request.dead_letters.resize(2);
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  const auto state = **disk_->store.Get(Table::kMeta, format::kStateKey);
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  ASSERT_TRUE(
      log_->Commit({"out", {{1, 15, Completion::kDelivered}}, {}}).ok());
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  WriteSet set;
  set.Put(Table::kMeta, std::string(format::kStateKey), state);
  ASSERT_TRUE(disk_->store.Write(set, false).ok());
  Open(/*repaired=*/true);
  EXPECT_EQ(log_->stats().next_sequence, 31u);
  EXPECT_EQ(log_->stats().dead_letters, 6u);
  AppendRequest more;
  more.dead_letters.resize(1);
  ASSERT_TRUE(log_->Append(more, Durability::kBuffered).ok());
  EXPECT_EQ(log_->ListDeadLetters(0, 10)->back().id(), 7u);
}

// ---- Limits of memory ----

TEST_F(KvEventLogTest, DeletesAreGoneFromTheStoreToo) {
  options_.tail_bytes = 1 << 20;
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  for (Sequence i = 1; i <= 100; ++i) {
    ASSERT_TRUE(Append({1}).ok());
    ASSERT_TRUE(
        log_->Commit({"out", {{i, i, Completion::kDelivered}}, {}}).ok());
  }
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  for (Sequence i = 1; i <= 100; ++i) EXPECT_FALSE(HasRecord(i)) << i;
}

}  // namespace
}  // namespace sluice
