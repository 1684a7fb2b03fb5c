#include "storage/kv/write_log_repair.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/rocksdb_store.h"
#include "storage/kv/write_log_file.h"

namespace sluice {
namespace {

constexpr int kWrites = 40;

class WriteLogRepairTest : public testing::Test {
 protected:
  // A database killed after `kWrites` writes of about 3 KB.
  explicit WriteLogRepairTest() {
    FaultEnv env(&disk_);
    auto store = Open(env);
    for (int i = 0; i < kWrites; ++i) {
      WriteSet set;
      set.Put(Table::kEvents, Key(i), std::string(3000, 'a' + i % 26));
      EXPECT_TRUE(store->Write(set, /*sync=*/true).ok());
    }
    env.Kill();
    store.reset();
    for (const std::string& file : disk_.AllFiles()) {
      if (absl::EndsWith(file, ".log") && disk_.Content(file).size() > 9000) {
        log_ = file;
      }
    }
    bytes_ = disk_.Content(log_);
    parsed_ = ParseWriteLogFile(bytes_);
  }

  static std::string Key(int i) { return absl::StrCat(1000 + i); }
  static std::unique_ptr<RocksDbStore> Open(FaultEnv& env) {
    RocksDbStoreOptions options;
    options.env = &env;
    auto store = RocksDbStore::Open("/db", options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  // Keys there after opening.
  std::vector<std::string> Keys() {
    FaultEnv env(&disk_);
    const auto store = Open(env);
    damage_ = store->damage();
    std::vector<std::string> keys;
    EXPECT_TRUE(store
                    ->Scan(Table::kEvents, ScanRange::Between("", "~"),
                           [&keys](std::string_view key, std::string_view) {
                             keys.emplace_back(key);
                             return true;
                           })
                    .ok());
    return keys;
  }

  FaultDisk disk_{1};
  std::string log_;
  std::string bytes_;
  WriteLogFile parsed_;
  DamageList damage_;
};

TEST_F(WriteLogRepairTest, AFileIsMadeOfItsRecordsAgain) {
  ASSERT_EQ(parsed_.records.size(), size_t{kWrites});
  EXPECT_TRUE(parsed_.gaps.empty());
  EXPECT_EQ(MakeWriteLogFile(parsed_.records), bytes_);
}

TEST_F(WriteLogRepairTest, WhatIsWholeIsLeftAlone) {
  EXPECT_EQ(Keys().size(), size_t{kWrites});
  EXPECT_TRUE(damage_.empty());
}

// Wherever the bit is: in a header, in a length, at the edge of a block.
TEST_F(WriteLogRepairTest, AFlippedBitLosesOneWriteAndSaysSo) {
  const WriteLogRecord& hurt = parsed_.records[10];
  for (size_t at = hurt.begin; at < hurt.end;
       at += at < hurt.begin + 9 ? 1 : 311) {
    SCOPED_TRACE(absl::StrCat("byte ", at));
    FaultDisk fresh(1);
    for (const std::string& file : disk_.AllFiles()) {
      fresh.SetContent(file, disk_.Content(file));
    }
    fresh.FlipBit(log_, at * 8 + at % 8);
    FaultEnv env(&fresh);
    const auto store = Open(env);
    ASSERT_NE(store, nullptr);
    for (int i = 0; i < kWrites; ++i) {
      const auto value = store->Get(Table::kEvents, Key(i));
      ASSERT_TRUE(value.ok());
      EXPECT_EQ(value->has_value(), i != 10) << i;
    }
    ASSERT_EQ(store->damage().size(), 1u);
    EXPECT_TRUE(
        absl::StrContains(store->damage()[0].what, "1 changes are lost"))
        << store->damage()[0];
    bool kept = false;
    for (const std::string& file : fresh.AllFiles()) {
      kept |= absl::StartsWith(file, "/db/quarantine/");
    }
    EXPECT_TRUE(kept);
  }
}

TEST_F(WriteLogRepairTest, ATornEndGoesWithoutAWord) {
  disk_.Cut(log_, parsed_.records.back().end - 100);
  EXPECT_EQ(Keys().size(), size_t{kWrites - 1});
  EXPECT_TRUE(damage_.empty());
}

TEST_F(WriteLogRepairTest, DamageToTheLastWriteIsSaid) {
  disk_.FlipBit(log_, (parsed_.records.back().end - 100) * 8);
  EXPECT_EQ(Keys().size(), size_t{kWrites - 1});
  EXPECT_EQ(damage_.size(), 1u);
}

// A page of zeros is what loss of power leaves, but not of what was synced.
TEST_F(WriteLogRepairTest, APageOfZerosInWhatWasSyncedIsDamage) {
  std::string bytes = bytes_;
  bytes.replace(parsed_.records[20].begin, 1024, 1024, '\0');
  disk_.SetContent(log_, bytes);
  EXPECT_EQ(Keys().size(), size_t{kWrites - 1});
  EXPECT_EQ(damage_.size(), 1u);
}

// A file that is not the last, and was synced before a table file was made of
// it. That it ends too early is seen only by what the next one begins with.
TEST(WriteLogsRepairTest, AnEarlierFileCutBetweenTwoWritesCostsNothingBehind) {
  FaultDisk disk(1);
  {
    FaultEnv env(&disk);
    RocksDbStoreOptions options;
    options.env = &env;
    options.memtable_bytes = 64 << 10;
    auto store = RocksDbStore::Open("/db", options);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < 20; ++i) {
      WriteSet set;
      // Stays in memory, and the first file is kept for it.
      set.Put(Table::kCursors, absl::StrCat("c", i), "at");
      set.Put(Table::kEvents, absl::StrCat(1000 + i), std::string(4000, 'x'));
      ASSERT_TRUE((*store)->Write(set, /*sync=*/i == 19).ok());
    }
    env.Settle();
    env.Kill();
  }
  std::vector<std::string> logs;
  for (const std::string& file : disk.AllFiles()) {
    if (absl::EndsWith(file, ".log") && !disk.Content(file).empty()) {
      logs.push_back(file);
    }
  }
  ASSERT_EQ(logs.size(), 2u);
  const WriteLogFile first = ParseWriteLogFile(disk.Content(logs[0]));
  const size_t in_first = first.records.size();
  ASSERT_GT(in_first, 10u);
  disk.Cut(logs[0], first.records[in_first - 2].begin);
  FaultEnv env(&disk);
  RocksDbStoreOptions options;
  options.env = &env;
  const auto store = RocksDbStore::Open("/db", options);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ((*store)->damage().size(), 1u);
  EXPECT_TRUE(absl::StrContains((*store)->damage()[0].what,
                                "lacks its end, and 4 changes are lost"))
      << (*store)->damage()[0];
  EXPECT_EQ((*store)->damage()[0].loss, Damage::Loss::kOther);
  for (size_t i = 0; i < 20; ++i) {
    SCOPED_TRACE(i);
    // The table file has them.
    EXPECT_TRUE(
        (*store)->Get(Table::kEvents, absl::StrCat(1000 + i))->has_value());
    EXPECT_EQ((*store)->Get(Table::kCursors, absl::StrCat("c", i))->has_value(),
              i + 2 < in_first || i >= in_first);
  }
}

}  // namespace
}  // namespace sluice
