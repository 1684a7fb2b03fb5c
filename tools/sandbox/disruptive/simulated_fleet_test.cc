#include "tools/sandbox/disruptive/simulated_fleet.h"

#include <set>
#include <string>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/base/rfc3339.h"

namespace sluice::sandbox {
namespace {

const absl::Time kNow = absl::FromUnixMicros(1'700'000'000'123'456);

TEST(SimulatedFleetTest, DevicesAreTheSameForTheSameSeed) {
  const SimulatedFleet first(20, 7);
  const SimulatedFleet again(20, 7);
  const SimulatedFleet other(20, 8);
  std::set<std::string> ids;
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(first.devices()[i].id, again.devices()[i].id);
    EXPECT_NE(first.devices()[i].id, other.devices()[i].id);
    EXPECT_EQ(first.devices()[i].id.size(), 23u);
    ids.insert(first.devices()[i].id);
  }
  EXPECT_EQ(ids.size(), 20u);
}

TEST(SimulatedFleetTest, AReadingIsAFunctionOfTheEventId) {
  const SimulatedFleet fleet(7, 42);
  for (uint64_t number : {uint64_t{0}, uint64_t{6}, uint64_t{123456789}}) {
    const std::string id = fleet.EventId(number, kNow);
    EXPECT_EQ(fleet.NumberOf(id), number);
    const SimulatedReading reading = fleet.ReadingAt(number, kNow);
    EXPECT_EQ(SimulatedFleet(7, 42).ReadingAt(*fleet.NumberOf(id), kNow).data,
              reading.data);
    EXPECT_EQ(reading.device, number % 7);
  }
  EXPECT_FALSE(SimulatedFleet(7, 43).NumberOf(fleet.EventId(5, kNow)));
  EXPECT_FALSE(fleet.NumberOf("no id").has_value());
}

TEST(SimulatedFleetTest, WritesEachKindOfReadingInTheServicesShape) {
  const SimulatedFleet fleet(5, 1);
  const boost::json::value time(Rfc3339Micros(kNow));

  const SimulatedReading temperature = fleet.ReadingAt(0, kNow);
  EXPECT_EQ(temperature.event_type, "temperature");
  auto data = boost::json::parse(temperature.data);
  EXPECT_EQ(data.at("updateTime"), time);
  EXPECT_EQ(data.at("samples").at(0).at("value"), data.at("value"));
  EXPECT_EQ(data.at("isBackfilled"), false);

  const SimulatedReading humidity = fleet.ReadingAt(3, kNow);
  EXPECT_EQ(humidity.event_type, "humidity");
  data = boost::json::parse(humidity.data);
  EXPECT_THAT(data.at("relativeHumidity").get_int64(),
              ::testing::AllOf(::testing::Ge(1), ::testing::Le(100)));
  EXPECT_EQ(data.at("samples").at(0).at("temperature"), data.at("temperature"));

  const SimulatedReading pressure = fleet.ReadingAt(4, kNow);
  EXPECT_EQ(pressure.event_type, "pressure");
  data = boost::json::parse(pressure.data);
  EXPECT_THAT(data.at("pascal").get_int64(),
              ::testing::AllOf(::testing::Ge(101000), ::testing::Le(102000)));
}

TEST(SimulatedFleetTest, WalksThroughTheYear) {
  const SimulatedFleet fleet(1, 1);
  std::set<std::string> values;
  for (uint64_t number = 0; number < 8759; ++number) {
    values.insert(fleet.ReadingAt(number, kNow).data);
  }
  EXPECT_GT(values.size(), 100u);
  EXPECT_EQ(fleet.ReadingAt(0, kNow).data, fleet.ReadingAt(8759, kNow).data);
}

}  // namespace
}  // namespace sluice::sandbox
