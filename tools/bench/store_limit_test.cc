#include "tools/bench/store_limit.h"

#include <memory>

#include "gtest/gtest.h"
#include "storage/kv/rocksdb_store.h"

namespace sluice::bench {
namespace {

TEST(StoreLimitTest, WritesEveryBatchUnderItsKey) {
  const std::string folder = testing::TempDir() + "/store_limit_test";
  const auto limit = MeasureStore(folder, 12'500, Durability::kDurable);
  ASSERT_TRUE(limit.ok()) << limit.status();
  EXPECT_EQ(limit->work.events, 12'500u);
  EXPECT_GT(limit->work.events_per_second(), 0);
  const auto store = RocksDbStore::Open(folder, {});
  ASSERT_TRUE(store.ok()) << store.status();
  size_t records = 0;
  double bytes = 0;
  ASSERT_TRUE((*store)
                  ->Scan(Table::kEvents, ScanRange::Between("", "\xff"),
                         [&](std::string_view, std::string_view record) {
                           ++records;
                           bytes += static_cast<double>(record.size());
                           return true;
                         })
                  .ok());
  EXPECT_EQ(records, 13u);
  EXPECT_NEAR(limit->record_bytes_per_event, bytes / 12'500, 0.01);
}

TEST(StoreLimitTest, SaysWhichFolderCannotBeUsed) {
  const auto limit =
      MeasureStore("/nonexistent/folder", 10, Durability::kBuffered);
  ASSERT_FALSE(limit.ok());
  EXPECT_NE(limit.status().message().find("/nonexistent/folder"),
            absl::string_view::npos)
      << limit.status();
}

}  // namespace
}  // namespace sluice::bench
