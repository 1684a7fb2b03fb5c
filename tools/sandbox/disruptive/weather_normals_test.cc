#include "tools/sandbox/disruptive/weather_normals.h"

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

TEST(WeatherNormalsTest, HoldsEveryHourOfTheFile) {
  ASSERT_EQ(kHourlyNormalCount, 8759u);
  EXPECT_EQ(kHourlyNormals[0].hour, "2010-01-01T01:00:00");
  EXPECT_EQ(kHourlyNormals[0].pressure_hpa, 1016.6);
  EXPECT_EQ(kHourlyNormals[0].temperature_celsius, 4.0);
  EXPECT_EQ(kHourlyNormals[0].wind_meters_per_second, 3.8);
  EXPECT_EQ(kHourlyNormals[8758].hour, "2010-12-31T23:00:00");
}

}  // namespace
}  // namespace sluice::sandbox
