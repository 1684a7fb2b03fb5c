// A year of hourly weather, linked into the binary. Where the figures come
// from: data/README.md.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_WEATHER_NORMALS_H_
#define TOOLS_SANDBOX_DISRUPTIVE_WEATHER_NORMALS_H_

#include <cstddef>
#include <string_view>

namespace sluice::sandbox {

struct HourlyNormal {
  std::string_view hour;  // local time: "2010-01-01T01:00:00"
  double pressure_hpa;
  double temperature_celsius;
  double wind_meters_per_second;
};

// In order of time. Generated from the CSV file by the build.
extern const HourlyNormal kHourlyNormals[];
extern const size_t kHourlyNormalCount;

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_WEATHER_NORMALS_H_
