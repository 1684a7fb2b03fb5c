#include "storage/kv/fault_disk.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/kv/fault_file_system.h"

namespace sluice {
namespace {

class FaultDiskTest : public testing::Test {
 protected:
  static std::unique_ptr<rocksdb::WritableFile> Create(rocksdb::Env& env,
                                                       const char* path) {
    std::unique_ptr<rocksdb::WritableFile> file;
    EXPECT_TRUE(env.NewWritableFile(path, &file, rocksdb::EnvOptions()).ok());
    return file;
  }
  static void SyncFolder(rocksdb::Env& env) {
    std::unique_ptr<rocksdb::Directory> folder;
    ASSERT_TRUE(env.NewDirectory("/d", &folder).ok());
    ASSERT_TRUE(folder->Fsync().ok());
  }
};

// Over many seeds: what was synced is always there, and everything between
// nothing and all of the rest is left some time.
TEST_F(FaultDiskTest, LossOfPowerKeepsWhatWasSynced) {
  int none = 0;
  int all = 0;
  int some = 0;
  int zeros = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    FaultDisk disk(seed);
    FaultEnv env(&disk);
    ASSERT_TRUE(env.CreateDir("/d").ok());
    auto file = Create(env, "/d/a");
    ASSERT_TRUE(file->Append(std::string(5000, 's')).ok());
    ASSERT_TRUE(file->Sync().ok());
    SyncFolder(env);
    ASSERT_TRUE(file->Append(std::string(20'000, 'u')).ok());
    disk.LosePower();
    const std::string left = disk.Content("/d/a");
    ASSERT_EQ(left.substr(0, 5000), std::string(5000, 's')) << "seed " << seed;
    const std::string rest = left.substr(5000);
    none += rest.empty();
    all += rest == std::string(20'000, 'u');
    some += !rest.empty() && rest.size() < 20'000;
    zeros += rest.find('\0') != std::string::npos;
  }
  EXPECT_GT(none, 10);
  EXPECT_GT(all, 10);
  EXPECT_GT(some, 10);
  EXPECT_GT(zeros, 10);
}

TEST_F(FaultDiskTest, LossOfPowerLeavesABeginningOfTheNamesGiven) {
  int both = 0;
  int neither = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    FaultDisk disk(seed);
    FaultEnv env(&disk);
    ASSERT_TRUE(env.CreateDir("/d").ok());
    Create(env, "/d/old");
    SyncFolder(env);
    ASSERT_TRUE(env.RenameFile("/d/old", "/d/new").ok());
    Create(env, "/d/second");
    disk.LosePower();
    // A rename happens or does not.
    EXPECT_NE(disk.Exists("/d/old"), disk.Exists("/d/new"));
    EXPECT_LE(disk.Exists("/d/second"), disk.Exists("/d/new"));
    both += disk.Exists("/d/second");
    neither += disk.Exists("/d/old");
  }
  EXPECT_GT(both, 5);
  EXPECT_GT(neither, 5);
}

TEST_F(FaultDiskTest, NothingOfADeadProcessReachesTheDisk) {
  FaultDisk disk(1);
  FaultEnv env(&disk);
  auto file = Create(env, "/a");
  ASSERT_TRUE(file->Append("alive").ok());
  env.Kill();
  EXPECT_FALSE(file->Append("dead").ok());
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_FALSE(env.DeleteFile("/a").ok());
  EXPECT_FALSE(env.NewWritableFile("/b", &file, rocksdb::EnvOptions()).ok());
  EXPECT_EQ(disk.Content("/a"), "alive");
  FaultEnv next(&disk);
  EXPECT_TRUE(next.DeleteFile("/a").ok());
}

TEST_F(FaultDiskTest, WhatAFailedSyncLeftIsReadButNotSavedByTheNext) {
  int unsaved = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    FaultDisk disk(seed);
    FaultEnv env(&disk);
    ASSERT_TRUE(env.CreateDir("/d").ok());
    auto file = Create(env, "/d/a");
    SyncFolder(env);
    ASSERT_TRUE(file->Append("data").ok());
    disk.set_odds({.sync = 1});
    EXPECT_FALSE(file->Sync().ok());
    disk.set_odds({});
    EXPECT_EQ(disk.faults(), 1u);
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(disk.Content("/d/a"), "data");
    disk.LosePower();
    unsaved += disk.Content("/d/a") == std::string(4, '\0');
  }
  EXPECT_GT(unsaved, 10);
  EXPECT_LT(unsaved, 40);
}

TEST_F(FaultDiskTest, FaultsFollowFromTheSeed) {
  const auto run = [](uint64_t seed) {
    FaultDisk disk(seed);
    disk.set_odds({.append = 0.5});
    FaultEnv env(&disk);
    auto file = Create(env, "/a");
    std::string outcome;
    for (int i = 0; i < 64; ++i) {
      outcome += file->Append("some bytes").ok() ? '.' : 'x';
    }
    return absl::StrCat(outcome, disk.Content("/a"));
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST_F(FaultDiskTest, AFullDiskTakesWhatFitsAndDeletingMakesRoom) {
  FaultDisk disk(1);
  disk.set_quota(10);
  FaultEnv env(&disk);
  auto file = Create(env, "/a");
  const rocksdb::Status status = file->Append("0123456789abc");
  EXPECT_EQ(status.subcode(), rocksdb::Status::kNoSpace);
  EXPECT_EQ(disk.Content("/a"), "0123456789");
  EXPECT_EQ(disk.used(), 10u);
  ASSERT_TRUE(env.DeleteFile("/a").ok());
  EXPECT_EQ(disk.used(), 0u);
}

}  // namespace
}  // namespace sluice
