#include "storage/kv/database_exchange.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/kv/fault_disk.h"
#include "storage/kv/fault_file_system.h"

namespace sluice {
namespace {

// An old database, and a new one that is to take its place; both have a file of
// the same name.
void MakeBoth(FaultDisk& disk) {
  disk.SetContent("/log/CURRENT", "old");
  disk.SetContent("/log/MANIFEST-000001", "old");
  disk.SetContent("/log/000005.sst", "old");
  disk.SetContent("/log/000006.log", "old");
  disk.SetContent("/log/quarantine/7.record", "kept");
  disk.SetContent("/log/reserve", "kept");
  disk.SetContent("/log/rebuilding/CURRENT", "new");
  disk.SetContent("/log/rebuilding/MANIFEST-000002", "new");
  disk.SetContent("/log/rebuilding/000005.sst", "new");
  disk.SetContent("/log/rebuilding/LOG", "new");
}

void ExpectDatabase(const FaultDisk& disk, const std::string& which) {
  EXPECT_EQ(disk.Content("/log/CURRENT"), which);
  EXPECT_EQ(disk.Content("/log/000005.sst"), which);
  EXPECT_EQ(disk.Exists("/log/000006.log"), which == "old");
  EXPECT_EQ(disk.Exists("/log/MANIFEST-000001"), which == "old");
  EXPECT_EQ(disk.Exists("/log/MANIFEST-000002"), which == "new");
  EXPECT_EQ(disk.Content("/log/quarantine/7.record"), "kept");
  EXPECT_EQ(disk.Content("/log/reserve"), "kept");
  EXPECT_FALSE(disk.Exists("/log/rebuilding/LOG"));
}

TEST(DatabaseExchangeTest, TheNewOneTakesThePlace) {
  FaultDisk disk(0);
  FaultEnv env(&disk);
  MakeBoth(disk);
  ASSERT_TRUE(ExchangeDatabase(&env, "/log").ok());
  ExpectDatabase(disk, "new");
  EXPECT_FALSE(disk.Exists(ReplacementFolder("/log")));
  ASSERT_TRUE(FinishExchange(&env, "/log").ok());
  ExpectDatabase(disk, "new");
}

TEST(DatabaseExchangeTest, OneThatWasNotReadyIsRemoved) {
  FaultDisk disk(0);
  FaultEnv env(&disk);
  MakeBoth(disk);
  ASSERT_TRUE(FinishExchange(&env, "/log").ok());
  ExpectDatabase(disk, "old");
  EXPECT_FALSE(disk.Exists(ReplacementFolder("/log")));
}

// Whatever fails, and with loss of power besides: one of the two is there as a
// whole once the exchange was finished.
TEST(DatabaseExchangeTest, IsAllOrNothing) {
  int exchanged = 0;
  int kept = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    FaultDisk disk(seed);
    FaultEnv env(&disk);
    MakeBoth(disk);
    DiskOdds odds;
    odds.names = odds.sync = odds.open = 0.1;
    disk.set_odds(odds);
    const bool whole = ExchangeDatabase(&env, "/log").ok();
    if (!whole) disk.LosePower();
    for (int i = 0; i < 3 && !FinishExchange(&env, "/log").ok(); ++i) {
      disk.LosePower();
    }
    disk.set_odds(DiskOdds());
    ASSERT_TRUE(FinishExchange(&env, "/log").ok());
    const bool is_new = disk.Content("/log/CURRENT") == "new";
    EXPECT_TRUE(is_new || !whole);
    ExpectDatabase(disk, is_new ? "new" : "old");
    ++(is_new ? exchanged : kept);
  }
  EXPECT_GT(exchanged, 50);
  EXPECT_GT(kept, 20);
}

}  // namespace
}  // namespace sluice
