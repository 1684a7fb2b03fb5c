// The events of the Disruptive Technologies API: their types, and what the
// service adds to what a device says.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DEVICE_EVENTS_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DEVICE_EVENTS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "boost/json/object.hpp"

namespace sluice::sandbox {

// The types of devices, and the types of events each can send
// (https://developer.disruptive-technologies.com/api/libraries/python/client/
// lists them as constants).
struct DeviceType {
  std::string_view name;
  absl::Span<const std::string_view> event_types;
};

// Null: no such device type.
const DeviceType* FindDeviceType(std::string_view name);

// One of the event types that a device can send. `labelsChanged` and `ping`,
// which only the service itself says, are not among them.
bool IsDeviceEventType(std::string_view name);

// A name known for good, for an event type that may be told to live shortly.
// REQUIRES: IsDeviceEventType(name) or "labelsChanged".
std::string_view LastingEventType(std::string_view name);

// The contents of an event as the service stores and streams them: `given`
// checked, with the fields that the service fills in (time, samples, cloud
// connectors and so on), in the order of the service.
//
//   kInvalidArgument  a field is missing or wrong; the text names it
absl::StatusOr<boost::json::object> CompleteEventData(
    std::string_view event_type, const boost::json::object& given,
    absl::Time now);

// The event around its contents, as in stream and history. `data` is the JSON
// of the inner object, or of the whole data member where `nested` is false.
struct EventEnvelope {
  std::string_view event_id;
  std::string_view target;  // "projects/<p>/devices/<d>"
  std::string_view event_type;
  std::string_view data;
  absl::Time timestamp;
  bool nested = true;
  bool nine_digits = false;  // of `timestamp`; else six
};
std::string EnvelopeText(const EventEnvelope& event);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DEVICE_EVENTS_H_
