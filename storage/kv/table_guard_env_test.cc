#include "storage/kv/table_guard_env.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "storage/kv/fault_disk.h"
#include "storage/kv/fault_file_system.h"

namespace sluice {
namespace {

class TableGuardEnvTest : public testing::Test {
 protected:
  TableGuardEnvTest() {
    base_.EndSleeps();
    Open();
  }
  ~TableGuardEnvTest() override { db_.reset(); }

  void Open() {
    db_.reset();
    rocksdb::Options options;
    options.env = &env_;
    options.create_if_missing = true;
    options.disable_auto_compactions = true;
    options.max_bgerror_resume_count = 0;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(options, "/db", &db);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    db_.reset(db);
  }

  // Two tables: one with `keys` keys, one that deletes those below `end`.
  void PutAndDelete(int keys, const std::string& end) {
    const std::string value(1000, 'v');
    for (int i = 0; i < keys; ++i) {
      ASSERT_TRUE(db_->Put({}, std::to_string(1000 + i), value).ok());
    }
    ASSERT_TRUE(db_->Flush({}).ok());
    ASSERT_TRUE(
        db_->DeleteRange({}, db_->DefaultColumnFamily(), "0", end).ok());
    ASSERT_TRUE(db_->Flush({}).ok());
  }

  rocksdb::Status Compact() {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction =
        rocksdb::BottommostLevelCompaction::kForce;
    return db_->CompactRange(options, nullptr, nullptr);
  }

  int CountKeys() {
    int keys = 0;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
    for (it->SeekToFirst(); it->Valid(); it->Next()) ++keys;
    EXPECT_TRUE(it->status().ok()) << it->status().ToString();
    return keys;
  }

  FaultDisk disk_{7};
  FaultEnv base_{&disk_};
  TableGuardEnv env_{&base_};
  std::unique_ptr<rocksdb::DB> db_;
};

// Without the guard these two abort.
TEST_F(TableGuardEnvTest, ACompactionThatLeavesNothingMayFailToSync) {
  PutAndDelete(10, "9");
  disk_.set_odds({.sync = 1});
  EXPECT_TRUE(Compact().IsIOError());
  disk_.set_odds({});
  Open();
  EXPECT_EQ(CountKeys(), 0);
  EXPECT_TRUE(Compact().ok());
}

TEST_F(TableGuardEnvTest, ACompactionThatLeavesNothingMayFindTheDiskFull) {
  PutAndDelete(10, "9");
  disk_.set_quota(disk_.used());
  const rocksdb::Status full = Compact();
  // It is enough if there is room in the list of files.
  EXPECT_TRUE(full.ok() || full.subcode() == rocksdb::Status::kNoSpace)
      << full.ToString();
  disk_.set_quota(uint64_t{1} << 30);
  Open();
  EXPECT_EQ(CountKeys(), 0);
  EXPECT_TRUE(Compact().ok());
}

// What could not be made safe must not take the place of what is.
TEST_F(TableGuardEnvTest, ACompactionThatFailsToSyncIsNotTaken) {
  PutAndDelete(10, "1003");
  disk_.set_odds({.sync = 1});
  EXPECT_TRUE(Compact().IsIOError());
  disk_.set_odds({});
  base_.Kill();
  disk_.LosePower();
  FaultEnv again(&disk_);
  TableGuardEnv guarded(&again);
  rocksdb::Options options;
  options.env = &guarded;
  rocksdb::DB* db = nullptr;
  db_.reset();
  ASSERT_TRUE(rocksdb::DB::Open(options, "/db", &db).ok());
  db_.reset(db);
  EXPECT_EQ(CountKeys(), 7);
  db_.reset();
}

TEST_F(TableGuardEnvTest, AFlushThatFailsToSyncTellsAtOnce) {
  ASSERT_TRUE(db_->Put({}, "key", "value").ok());
  disk_.set_odds({.sync = 1});
  EXPECT_TRUE(db_->Flush({}).IsIOError());
  disk_.set_odds({});
  Open();
  EXPECT_EQ(CountKeys(), 1);
}

}  // namespace
}  // namespace sluice
