// Simulated devices that report recorded weather.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_SIMULATED_FLEET_H_
#define TOOLS_SANDBOX_DISRUPTIVE_SIMULATED_FLEET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::sandbox {

struct SimulatedDevice {
  std::string id;    // "emu" and an xid
  std::string type;  // "temperature", "humidity" or "co2"
  std::string product_number;
  std::vector<std::pair<std::string, std::string>> labels;
};

// What one device says at one moment.
struct SimulatedReading {
  size_t device = 0;            // in Fleet::devices()
  std::string_view event_type;  // "temperature", "humidity" or "pressure"
  std::string data;             // JSON: the inner object of the event
};

// A number of devices and the endless row of their readings. Which device says
// what is a function of seed, size and a reading's number, and the number is
// part of the event id: whoever holds an event can check its contents.
//
// Devices take turns: reading `n` is of device `n mod size`. Each walks through
// the hours of the recorded year (weather_normals.h) from an hour of its own:
// temperature sensors report its temperature, co2 sensors its air pressure,
// humidity sensors temperature and relative humidity. The record has no
// humidity; it follows from the temperatures by taking the day's minimum for
// the dew point (FAO Irrigation and Drainage Paper 56, equations 11 and 48,
// https://www.fao.org/4/x0490e/x0490e07.htm).
//
// Thread-safety: immutable.
class SimulatedFleet {
 public:
  // REQUIRES: size > 0.
  SimulatedFleet(size_t size, uint64_t seed);

  const std::vector<SimulatedDevice>& devices() const { return devices_; }

  // Reading `number`, said at `time`.
  SimulatedReading ReadingAt(uint64_t number, absl::Time time) const;

  // The id of the event that carries reading `number`, published at `time`.
  std::string EventId(uint64_t number, absl::Time time) const;

  // The number in an id made by EventId() of a fleet with the same seed;
  // nullopt: it is another's.
  std::optional<uint64_t> NumberOf(std::string_view event_id) const;

  // 24 bits that tell this seed's ids from others.
  uint32_t maker() const { return maker_; }

 private:
  const uint64_t seed_;
  const uint32_t maker_;
  std::vector<SimulatedDevice> devices_;
  std::vector<size_t> first_hours_;  // per device
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_SIMULATED_FLEET_H_
