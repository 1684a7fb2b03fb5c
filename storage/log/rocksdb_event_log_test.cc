#include "storage/log/rocksdb_event_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/format/keys.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/rocksdb_store.h"
#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each call.
fs::path NewFolder() {
  static int number = 0;
  const fs::path folder =
      fs::path(testing::TempDir()) / absl::StrCat("log-", ++number);
  fs::remove_all(folder);
  return folder;
}

class RocksDbHarness final : public EventLogHarness {
 public:
  std::unique_ptr<EventLog> Open(const LogOptions& options,
                                 Clock* clock) override {
    RocksDbLogOptions rocksdb_options;
    rocksdb_options.log = options;
    rocksdb_options.memtable_bytes = 1 << 20;
    auto log = RocksDbEventLog::Open(folder_, rocksdb_options, clock);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  bool persists() const override { return true; }
  void Crash() override {
    const fs::path copy = NewFolder();
    fs::copy(folder_, copy, fs::copy_options::recursive);
    folder_ = copy;
  }

 private:
  fs::path folder_ = NewFolder();
};

std::unique_ptr<EventLogHarness> MakeHarness() {
  return std::make_unique<RocksDbHarness>();
}

INSTANTIATE_TEST_SUITE_P(RocksDbEventLog, EventLogContract,
                         testing::Values(&MakeHarness));

// ---- What only the log on disk has ----

class RocksDbEventLogTest : public testing::Test {
 protected:
  RocksDbEventLogTest() {
    options_.log.tail_bytes = 0;
    options_.memtable_bytes = 256 << 10;
  }

  void Open() {
    log_.reset();
    auto log = RocksDbEventLog::Open(folder_, options_, &clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  // Appends a batch of ten events, of about 20 KB on disk.
  absl::Status AppendBatch() {
    EventBatchBuilder builder;
    for (int j = 0; j < 10; ++j) {
      std::string data(2000, '\0');
      for (char& c : data) c = static_cast<char>(random_());
      EventFields fields;
      fields.data = data;
      builder.Add(fields);
    }
    AppendRequest request;
    request.batches.push_back(builder.Build());
    return log_->Append(std::move(request), Durability::kBuffered).status();
  }
  void Append(int batches) {
    for (int i = 0; i < batches; ++i) {
      const absl::Status status = AppendBatch();
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  // Moves everything from memory to files.
  void Settle() {
    log_.reset();
    RocksDbStoreOptions options;
    auto store = RocksDbStore::Open(folder_, options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->FlushMemory().ok());
  }

  // Events that can be read.
  uint64_t ReadAll() {
    uint64_t events = 0;
    for (Sequence from = 1;;) {
      const auto batches = log_->Read(from, 100'000);
      EXPECT_TRUE(batches.ok()) << batches.status();
      if (!batches.ok() || batches->empty()) return events;
      for (const LogBatch& batch : *batches) {
        EXPECT_GE(batch.first_sequence + batch.events->size(), from);
        events += batch.events->size();
        from = batch.first_sequence + batch.events->size();
      }
    }
  }

  void ExpectConservation() {
    for (const CursorInfo& info : log_->Cursors()) {
      EXPECT_EQ(log_->stats().next_sequence - info.state.start_sequence(),
                DoneEvents(info.state.counters()) + info.waiting)
          << info.state.ShortDebugString();
    }
  }

  std::vector<fs::path> Files(const std::string& extension) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == extension) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  uint64_t FileBytes(const std::string& extension) {
    uint64_t bytes = 0;
    for (const fs::path& file : Files(extension)) bytes += fs::file_size(file);
    return bytes;
  }

  static void Overwrite(const fs::path& path, uint64_t at,
                        const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
    ASSERT_TRUE(file.good());
  }

  std::mt19937 random_{1};
  SettableClock clock_;
  fs::path folder_ = NewFolder();
  RocksDbLogOptions options_;
  std::unique_ptr<RocksDbEventLog> log_;
};

TEST_F(RocksDbEventLogTest, OneProcessAtATime) {
  Open();
  const auto second = RocksDbEventLog::Open(folder_, options_, &clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(second.status().message(),
                                "is used by another process"))
      << second.status();
}

TEST_F(RocksDbEventLogTest, ANewerFormatNeedsANewerProgram) {
  Open();
  log_.reset();
  {
    auto store = RocksDbStore::Open(folder_, RocksDbStoreOptions());
    ASSERT_TRUE(store.ok());
    WriteSet set;
    set.Put(Table::kMeta, std::string(format::kFormatVersionKey), "2");
    ASSERT_TRUE((*store)->Write(set, true).ok());
  }
  const auto log = RocksDbEventLog::Open(folder_, options_, &clock_);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(log.status().message(),
            absl::StrCat("opening log \"", folder_.string(),
                         "\": the log has format version 2, and this program "
                         "knows versions up to 1: use a newer program"));
}

TEST_F(RocksDbEventLogTest, ADrainedBacklogGivesItsDiskSpaceBack) {
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  Append(500);  // 10 MB.
  Settle();
  Open();
  EXPECT_GT(FileBytes(".sst"), 9'000'000u);
  for (Sequence from = 1; from <= 5000;) {
    const auto batches = log_->Read(from, 200'000);
    ASSERT_TRUE(batches.ok());
    ASSERT_FALSE(batches->empty());
    const Sequence last = batches->back().first_sequence + 9;
    ASSERT_TRUE(
        log_->Commit({"out", {{from, last, Completion::kDelivered}}, {}}).ok());
    ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
    from = last + 1;
  }
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
  EXPECT_LT(FileBytes(".sst"), 5'000'000u);
  EXPECT_EQ(log_->stats().corrupt_events, 0u);
  ExpectConservation();
}

TEST_F(RocksDbEventLogTest, WhatASinkKeepsUpWithLeavesLittleOnDisk) {
  options_.log.tail_bytes = 1 << 20;
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  for (Sequence last = 10; last <= 10'000; last += 10) {
    Append(1);
    if (last <= 50) continue;
    ASSERT_TRUE(
        log_->Commit(
                {"out", {{last - 59, last - 50, Completion::kDelivered}}, {}})
            .ok());
  }
  Settle();
  // 20 MB were written. Memory is small here, so much of it goes to files while
  // it is needed, and these are dropped 4 MiB at a time.
  EXPECT_LT(FileBytes(".sst"), 6'000'000u);
  Open();
  EXPECT_EQ(ReadAll(),
            log_->stats().next_sequence - log_->stats().first_sequence);
  EXPECT_EQ(log_->stats().corrupt_events, 0u);
}

TEST_F(RocksDbEventLogTest, ADamagedRecordGoesToQuarantine) {
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  Append(10);
  Settle();
  ASSERT_FALSE(Files(".sst").empty());
  fs::path events = Files(".sst")[0];
  for (const fs::path& file : Files(".sst")) {
    if (fs::file_size(file) > fs::file_size(events)) events = file;
  }
  Overwrite(events, 50'000, "damage");
  Open();
  EXPECT_EQ(log_->damage().size(), 1u);
  EXPECT_EQ(ReadAll(), 90u);
  EXPECT_EQ(log_->stats().corrupt_events, 10u);
  const fs::directory_iterator kept(folder_ / "quarantine");
  EXPECT_TRUE(absl::StartsWith(kept->path().filename().string(),
                               events.filename().string()));
  EXPECT_GT(fs::file_size(kept->path()), 20'000u);
  ExpectConservation();
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  Open();
  EXPECT_EQ(ReadAll(), 90u);
  EXPECT_EQ(log_->stats().corrupt_events, 10u);
}

TEST_F(RocksDbEventLogTest, ALostFileLosesOnlyItsEvents) {
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  Append(20);
  Settle();
  const fs::path oldest = Files(".sst")[0];
  Open();
  Append(20);
  Settle();
  fs::remove(oldest);
  Open();
  EXPECT_FALSE(log_->damage().empty());
  EXPECT_EQ(log_->stats().next_sequence, 401u);
  const uint64_t left = ReadAll();
  EXPECT_GE(left, 200u);
  EXPECT_EQ(log_->stats().corrupt_events, 400 - left);
  ExpectConservation();
  Append(1);
  EXPECT_EQ(ReadAll(), left + 10);
}

// The disk is full: events are refused, reading and progress go on, what is
// consumed makes room, and the log recovers by itself.
TEST_F(RocksDbEventLogTest, AFullDiskStopsEventsAndNotProgress) {
  constexpr uint64_t kQuota = 24 << 20;
  FaultDisk disk(0);
  disk.set_quota(kQuota);
  FaultEnv env(&disk);
  options_.env = &env;
  folder_ = "/log";
  options_.memtable_bytes = 1 << 20;
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    absl::Status status;
    int appended = 0;
    while ((status = AppendBatch()).ok()) ASSERT_LT(++appended, 10'000);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_GT(appended, 200);
    const Sequence end = log_->stats().next_sequence;
    EXPECT_EQ(ReadAll(), end - log_->stats().first_sequence);
    // A sink goes on in small steps, each of them written down.
    for (Sequence from = log_->stats().first_sequence; from < end; from += 10) {
      ASSERT_TRUE(
          log_->Commit({"out", {{from, from + 9, Completion::kDelivered}}, {}})
              .ok());
      const absl::Status flushed = log_->Flush(Durability::kDurable);
      ASSERT_TRUE(flushed.ok()) << flushed;
      // Files can be dropped once RocksDB is done with them.
      env.Settle();
    }
    EXPECT_TRUE(AppendBatch().ok());
  }
  EXPECT_EQ(log_->stats().corrupt_events, 0u);
  ExpectConservation();
  const LogStats stats = log_->stats();
  Open();
  EXPECT_EQ(log_->stats().next_sequence, stats.next_sequence);
  EXPECT_EQ(log_->stats().first_sequence, stats.first_sequence);
  log_.reset();
}

// Whatever byte is wrong in whatever file: the log opens, reads what it can,
// accounts for the rest, and takes new events.
TEST_F(RocksDbEventLogTest, OpensWhateverIsDamaged) {
  Open();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  Append(10);
  Settle();
  Open();
  AppendRequest request;
  request.sources.push_back({"in", "checkpoint", {}});
  request.dead_letters.resize(3);
  ASSERT_TRUE(log_->Append(std::move(request), Durability::kBuffered).ok());
  Append(10);
  const fs::path original = NewFolder();
  fs::copy(folder_, original, fs::copy_options::recursive);
  uint64_t intact = 0;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    random_.seed(seed);
    log_.reset();
    folder_ = NewFolder();
    fs::copy(original, folder_, fs::copy_options::recursive);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && entry.file_size() > 0 && name != "LOG" &&
          name != "reserve") {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    const fs::path& file = files[random_() % files.size()];
    SCOPED_TRACE(file.string());
    if (random_() % 3 == 0) {
      fs::resize_file(file, random_() % fs::file_size(file));
    } else {
      Overwrite(file, random_() % fs::file_size(file), "damaged!");
    }
    Open();
    ASSERT_NE(log_, nullptr);
    const uint64_t events = ReadAll();
    if (events == 200) ++intact;
    ExpectConservation();
    if (!log_->Cursors().empty()) {
      EXPECT_LE(events, log_->Cursors()[0].waiting);
    }
    Append(1);
    EXPECT_EQ(ReadAll(), events + 10);
    Open();
    EXPECT_EQ(ReadAll(), events + 10);
  }
  EXPECT_GT(intact, 5u);
  EXPECT_LT(intact, 40u);
}

}  // namespace
}  // namespace sluice
