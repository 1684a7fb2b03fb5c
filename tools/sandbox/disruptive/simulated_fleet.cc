#include "tools/sandbox/disruptive/simulated_fleet.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "tools/sandbox/disruptive/weather_normals.h"
#include "tools/sandbox/xid.h"

namespace sluice::sandbox {
namespace {

// 2024-01-01: ids of devices must not change from one start to the next.
constexpr uint32_t kDeviceEpoch = 1704067200;
// The upper half of the makers is left to ids that are no readings.
constexpr uint32_t kMakerMask = 0x7fffff;

// SplitMix64: scatters a number (https://prng.di.unimi.it/splitmix64.c).
uint64_t Scatter(uint64_t number) {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

// Two of five devices measure something else than temperature alone.
std::string_view TypeOf(size_t device) {
  switch (device % 5) {
    case 3:
      return "humidity";
    case 4:
      return "co2";
    default:
      return "temperature";
  }
}

// Product numbers as seen on devices of these types; none is known for co2.
std::string_view ProductNumberOf(std::string_view type) {
  if (type == "temperature") return "102067";
  if (type == "humidity") return "102081";
  return "";
}

SimulatedDevice MakeDevice(size_t number, uint32_t maker) {
  constexpr std::string_view kGroups[] = {"red", "green", "blue"};
  constexpr std::string_view kBuildings[] = {"north", "south"};
  SimulatedDevice device;
  device.id = "emu";
  device.id += Xid{kDeviceEpoch, maker, number}.ToString();
  device.type = TypeOf(number);
  device.product_number = ProductNumberOf(device.type);
  const std::string room = absl::StrCat(101 + number / 2);
  device.labels = {
      {"name", absl::StrCat("Room ", room, " ", device.type)},
      {"room-number", room},
      {"group", std::string(kGroups[number % 3])},
      {"building", std::string(kBuildings[number / 10 % 2])},
      {"virtual-sensor", ""},
  };
  return device;
}

// The lowest temperature of the day that `hour` belongs to.
double MinimumOfDay(size_t hour) {
  const std::string_view day = kHourlyNormals[hour].hour.substr(0, 10);
  const auto same_day = [day](size_t other) {
    return kHourlyNormals[other].hour.substr(0, 10) == day;
  };
  while (hour > 0 && same_day(hour - 1)) --hour;
  double minimum = kHourlyNormals[hour].temperature_celsius;
  for (; hour < kHourlyNormalCount && same_day(hour); ++hour) {
    minimum = std::min(minimum, kHourlyNormals[hour].temperature_celsius);
  }
  return minimum;
}

// Saturation vapour pressure in kPa: FAO 56, equation 11.
double SaturationPressure(double celsius) {
  return 0.6108 * std::exp(17.27 * celsius / (celsius + 237.3));
}

int RelativeHumidity(size_t hour) {
  const double temperature = kHourlyNormals[hour].temperature_celsius;
  return static_cast<int>(
      std::lround(100 * SaturationPressure(MinimumOfDay(hour)) /
                  SaturationPressure(temperature)));
}

std::string NumberText(double number) {
  std::string text;
  AppendJsonNumber(number, &text);
  return text;
}

std::string TemperatureData(size_t hour, const std::string& time) {
  const std::string value =
      NumberText(kHourlyNormals[hour].temperature_celsius);
  return absl::StrCat(R"({"value":)", value, R"(,"updateTime":")", time,
                      R"(","samples":[{"value":)", value, R"(,"sampleTime":")",
                      time, R"("}],"isBackfilled":false})");
}

std::string HumidityData(size_t hour, const std::string& time) {
  const std::string values = absl::StrCat(
      R"("temperature":)", NumberText(kHourlyNormals[hour].temperature_celsius),
      R"(,"relativeHumidity":)", RelativeHumidity(hour));
  return absl::StrCat(
      "{", values, R"(,"samples":[{)", values, R"(,"sampleTime":")", time,
      R"("}],"isBackfilled":false,"updateTime":")", time, R"("})");
}

std::string PressureData(size_t hour, const std::string& time) {
  return absl::StrCat(R"({"pascal":)",
                      std::lround(kHourlyNormals[hour].pressure_hpa * 100),
                      R"(,"updateTime":")", time, R"("})");
}

}  // namespace

SimulatedFleet::SimulatedFleet(size_t size, uint64_t seed)
    : seed_(seed), maker_(Scatter(seed) & kMakerMask) {
  CHECK_GT(size, 0u);
  devices_.reserve(size);
  first_hours_.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    devices_.push_back(MakeDevice(i, maker_));
    first_hours_.push_back(Scatter(seed_ ^ Scatter(i)) % kHourlyNormalCount);
  }
}

SimulatedReading SimulatedFleet::ReadingAt(uint64_t number,
                                           absl::Time time) const {
  SimulatedReading reading;
  reading.device = number % devices_.size();
  const size_t hour =
      (first_hours_[reading.device] + number / devices_.size()) %
      kHourlyNormalCount;
  const std::string timestamp = Rfc3339Micros(time);
  const std::string& type = devices_[reading.device].type;
  if (type == "humidity") {
    reading.event_type = "humidity";
    reading.data = HumidityData(hour, timestamp);
  } else if (type == "co2") {
    reading.event_type = "pressure";
    reading.data = PressureData(hour, timestamp);
  } else {
    reading.event_type = "temperature";
    reading.data = TemperatureData(hour, timestamp);
  }
  return reading;
}

std::string SimulatedFleet::EventId(uint64_t number, absl::Time time) const {
  return Xid{static_cast<uint32_t>(absl::ToUnixSeconds(time)), maker_, number}
      .ToString();
}

std::optional<uint64_t> SimulatedFleet::NumberOf(
    std::string_view event_id) const {
  const std::optional<Xid> xid = Xid::Parse(event_id);
  if (!xid.has_value() || xid->maker != maker_) return std::nullopt;
  return xid->counter;
}

}  // namespace sluice::sandbox
