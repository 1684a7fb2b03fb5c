#include "tools/bench/disk_limit.h"

#include <filesystem>

#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

TEST(DiskLimitTest, MeasuresADiskAndLeavesNothing) {
  const std::string folder = testing::TempDir() + "/disk_limit_test";
  std::filesystem::create_directories(folder);
  const auto limit = MeasureDisk(folder, 4096, 10);
  ASSERT_TRUE(limit.ok()) << limit.status();
  EXPECT_GT(limit->bytes_per_second, 0);
  EXPECT_GT(limit->sync_p50, absl::ZeroDuration());
  EXPECT_GE(limit->sync_p99, limit->sync_p50);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(DiskLimitTest, SaysWhichFileCannotBeWritten) {
  const auto limit = MeasureDisk("/nonexistent/folder", 4096, 1);
  EXPECT_TRUE(absl::IsUnavailable(limit.status()));
  EXPECT_NE(limit.status().message().find("/nonexistent/folder"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace sluice::bench
