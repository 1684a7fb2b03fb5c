#include "tools/bench/measurement.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

TEST(DistributionTest, GivesQuantilesOfItsValues) {
  Distribution values;
  for (int i = 100; i >= 1; --i) values.Add(absl::Milliseconds(i));
  EXPECT_EQ(values.Quantile(0), absl::Milliseconds(1));
  EXPECT_EQ(values.Quantile(0.5), absl::Milliseconds(51));
  EXPECT_EQ(values.Quantile(0.99), absl::Milliseconds(100));
  EXPECT_EQ(values.Quantile(1), absl::Milliseconds(100));
}

TEST(DistributionTest, IsZeroWithoutValues) {
  EXPECT_EQ(Distribution().Quantile(0.99), absl::ZeroDuration());
}

TEST(MeasurementTest, SeesMemoryThatThisProcessUsed) {
  const ResourceUse before = CurrentResourceUse();
  std::string block(64 << 20, 'x');
  for (size_t i = 0; i < block.size(); i += 4096) block[i] = 'y';
  const ResourceUse after = CurrentResourceUse();
  EXPECT_GE(after.peak_rss_bytes, before.peak_rss_bytes + (32 << 20));
  EXPECT_GE(after.cpu, before.cpu);
}

TEST(MeasurementTest, MeasuresADisk) {
  const auto limit = MeasureDisk(testing::TempDir(), 4096, 10);
  ASSERT_TRUE(limit.ok()) << limit.status();
  EXPECT_GT(limit->bytes_per_second, 0);
  EXPECT_GE(limit->sync_p99, limit->sync_p50);
}

TEST(MeasurementTest, SaysWhichFileCannotBeWritten) {
  const auto limit = MeasureDisk("/nonexistent/folder", 4096, 1);
  EXPECT_TRUE(absl::IsUnavailable(limit.status()));
  EXPECT_NE(limit.status().message().find("/nonexistent/folder"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace sluice::bench
