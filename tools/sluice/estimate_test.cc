#include "tools/sluice/estimate.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(EstimateTest, SaysDurationsInOneUnit) {
  EXPECT_EQ(About(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(About(absl::Seconds(119)), "119 s");
  EXPECT_EQ(About(absl::Seconds(150)), "3 min");
  EXPECT_EQ(About(absl::Minutes(119)), "119 min");
  EXPECT_EQ(About(absl::Hours(47)), "47 h");
  EXPECT_EQ(About(absl::Hours(72)), "3 days");
}

TEST(EstimateTest, GoesByWhatWasDoneSoFar) {
  const absl::Time start = absl::UnixEpoch();
  const Estimate estimate(start);
  EXPECT_EQ(estimate.Left(100, 400, start + absl::Seconds(10)),
            ", about 30 s left");
  EXPECT_EQ(estimate.Left(399, 400, start + absl::Minutes(10)),
            ", about 1 s left");
}

TEST(EstimateTest, SaysNothingThatNobodyKnows) {
  const absl::Time start = absl::UnixEpoch();
  const Estimate estimate(start);
  EXPECT_EQ(estimate.Left(100, 400, start + absl::Milliseconds(500)), "");
  EXPECT_EQ(estimate.Left(0, 400, start + absl::Seconds(10)), "");
  EXPECT_EQ(estimate.Left(400, 400, start + absl::Seconds(10)), "");
  // More than there seemed to be.
  EXPECT_EQ(estimate.Left(500, 400, start + absl::Seconds(10)), "");
}

}  // namespace
}  // namespace sluice
