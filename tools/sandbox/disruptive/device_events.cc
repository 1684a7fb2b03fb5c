#include "tools/sandbox/disruptive/device_events.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "boost/json.hpp"
#include "glog/logging.h"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using std::string_view;

// What each type sends besides touch, networkStatus and batteryStatus comes
// first.
constexpr string_view kTemperature[] = {"temperature", "probeWireStatus",
                                        "touch", "networkStatus",
                                        "batteryStatus"};
constexpr string_view kProximity[] = {"objectPresent", "touch", "networkStatus",
                                      "batteryStatus"};
constexpr string_view kTouch[] = {"touch", "networkStatus", "batteryStatus"};
constexpr string_view kHumidity[] = {"humidity", "touch", "networkStatus",
                                     "batteryStatus"};
constexpr string_view kProximityCounter[] = {"objectPresentCount", "touch",
                                             "networkStatus", "batteryStatus"};
constexpr string_view kTouchCounter[] = {"touchCount", "touch", "networkStatus",
                                         "batteryStatus"};
constexpr string_view kWaterDetector[] = {"waterPresent", "touch",
                                          "networkStatus", "batteryStatus"};
constexpr string_view kCo2[] = {"co2",   "pressure",      "humidity",
                                "touch", "networkStatus", "batteryStatus"};
constexpr string_view kMotion[] = {"motion", "touch", "networkStatus",
                                   "batteryStatus"};
constexpr string_view kDeskOccupancy[] = {"deskOccupancy", "touch",
                                          "networkStatus", "batteryStatus"};
constexpr string_view kContact[] = {"contact", "touch", "networkStatus",
                                    "batteryStatus"};
constexpr string_view kCcon[] = {"connectionStatus", "ethernetStatus",
                                 "cellularStatus", "touch"};

constexpr DeviceType kDeviceTypes[] = {
    {"temperature", kTemperature},
    {"proximity", kProximity},
    {"touch", kTouch},
    {"humidity", kHumidity},
    {"proximityCounter", kProximityCounter},
    {"touchCounter", kTouchCounter},
    {"waterDetector", kWaterDetector},
    {"co2", kCo2},
    {"motion", kMotion},
    {"deskOccupancy", kDeskOccupancy},
    {"contact", kContact},
    {"ccon", kCcon},
};

// Copies the fields of an event one by one, in the order asked for, and
// remembers the first that is wrong.
class Completion {
 public:
  Completion(string_view event_type, const json::object& given, absl::Time now)
      : event_type_(event_type), given_(given) {
    update_time_ = Rfc3339Micros(now);
    const json::value* time = Find("updateTime");
    if (time == nullptr) return;
    const auto parsed =
        time->is_string() ? ParseRfc3339Time(time->get_string()) : std::nullopt;
    if (parsed.has_value()) {
      update_time_ = Rfc3339Micros(*parsed);
    } else {
      Fail("updateTime", "is no timestamp");
    }
  }

  void Number(string_view name) {
    const json::value* value = Find(name);
    if (value == nullptr || !value->is_number()) {
      return Fail(name, "is needed: a number");
    }
    result_[name] = *value;
  }

  void Whole(string_view name, int64_t least, int64_t most,
             std::optional<int64_t> fallback = std::nullopt) {
    const json::value* value = Find(name);
    if (value == nullptr && fallback.has_value()) {
      result_[name] = *fallback;
      return;
    }
    int64_t number = 0;
    if (value == nullptr || !AsWhole(*value, &number) || number < least ||
        number > most) {
      return Fail(name, absl::StrCat("is needed: a whole number from ", least,
                                     " to ", most));
    }
    result_[name] = number;
  }

  void Word(string_view name, std::initializer_list<string_view> words,
            string_view fallback = {}) {
    const json::value* value = Find(name);
    if (value == nullptr && !fallback.empty()) {
      result_[name] = fallback;
      return;
    }
    string_view word;
    if (value != nullptr && value->is_string()) word = value->get_string();
    if (std::find(words.begin(), words.end(), word) == words.end()) {
      return Fail(name, absl::StrCat("is needed: one of ", Listed(words)));
    }
    result_[name] = word;
  }

  void Text(string_view name) {
    const json::value* value = Find(name);
    if (value == nullptr || !value->is_string()) {
      return Fail(name, "is needed: a text");
    }
    result_[name] = *value;
  }

  void List(string_view name, bool needed = false) {
    const json::value* value = Find(name);
    if (value == nullptr && !needed) {
      result_[name] = json::array();
      return;
    }
    if (value == nullptr || !value->is_array()) {
      return Fail(name, "must be a list");
    }
    result_[name] = *value;
  }

  // `fields` are those of a sample that repeats the reading itself.
  void Samples(std::initializer_list<string_view> fields) {
    const json::value* value = Find("samples");
    if (value != nullptr && !value->is_array()) {
      return Fail("samples", "must be a list");
    }
    json::array samples;
    if (value != nullptr) samples = value->get_array();
    if (samples.empty()) {
      json::object sample;
      for (string_view field : fields) sample[field] = result_[field];
      sample["sampleTime"] = update_time_;
      samples.push_back(std::move(sample));
    }
    result_["samples"] = std::move(samples);
  }

  void Backfilled() {
    const json::value* value = Find("isBackfilled");
    result_["isBackfilled"] =
        value != nullptr && value->is_bool() && value->get_bool();
  }

  // The client spells the field in two ways and leaves out signal values.
  void CloudConnectors() {
    const json::value* value = Find("cloudConnectors");
    if (value == nullptr) value = Find("cloud_connectors");
    if (value != nullptr && !value->is_array()) {
      return Fail("cloudConnectors", "must be a list");
    }
    json::array connectors;
    if (value != nullptr) {
      for (const json::value& each : value->get_array()) {
        if (each.is_object())
          connectors.push_back(Connector(each.get_object()));
      }
    }
    if (connectors.empty()) connectors.push_back(Connector({}));
    result_["cloudConnectors"] = std::move(connectors);
  }

  void UpdateTime() { result_["updateTime"] = update_time_; }

  absl::StatusOr<json::object> Finish() {
    if (!status_.ok()) return status_;
    return std::move(result_);
  }

 private:
  static bool AsWhole(const json::value& value, int64_t* number) {
    boost::system::error_code error;
    *number = value.to_number<int64_t>(error);
    return !error;
  }

  static std::string Listed(std::initializer_list<string_view> words) {
    return absl::StrJoin(words, ", ", [](std::string* out, string_view word) {
      out->append(word);
    });
  }

  json::object Connector(const json::object& given) const {
    const auto field = [&given](string_view name, json::value fallback) {
      const json::value* value = given.if_contains(name);
      return value == nullptr || value->is_null() ? fallback : *value;
    };
    return {{"id", field("id", "emulated-ccon")},
            {"signalStrength",
             field("signalStrength", result_.at("signalStrength"))},
            {"rssi", field("rssi", result_.at("rssi"))}};
  }

  const json::value* Find(string_view name) const {
    const json::value* value = given_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  void Fail(string_view name, string_view problem) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(event_type_), ".", ToAbsl(name), " ", ToAbsl(problem)));
  }

  const string_view event_type_;
  const json::object& given_;
  std::string update_time_;
  json::object result_;
  absl::Status status_;
};

constexpr int64_t kMany = 1'000'000'000;

void CompleteTemperature(Completion& event) {
  event.Number("value");
  event.UpdateTime();
  event.Samples({"value"});
  event.Backfilled();
}

void CompleteHumidity(Completion& event) {
  event.Number("temperature");
  event.Number("relativeHumidity");
  event.Samples({"temperature", "relativeHumidity"});
  event.Backfilled();
  event.UpdateTime();
}

void CompleteNetworkStatus(Completion& event) {
  event.Whole("signalStrength", 0, 100, 100);
  event.Whole("rssi", -200, 0, 0);
  event.UpdateTime();
  event.CloudConnectors();
  event.Word("transmissionMode",
             {"LOW_POWER_STANDARD_MODE", "HIGH_POWER_BOOST_MODE"},
             "LOW_POWER_STANDARD_MODE");
}

void CompletePresence(Completion& event) {
  event.Word("state", {"PRESENT", "NOT_PRESENT"});
  event.UpdateTime();
}

void CompleteTotal(Completion& event) {
  event.Whole("total", 0, kMany);
  event.UpdateTime();
}

void CompleteConnectionStatus(Completion& event) {
  event.Word("connection", {"SDS", "ETHERNET", "CELLULAR", "OFFLINE"});
  event.List("available");
  event.UpdateTime();
}

void CompleteEthernetStatus(Completion& event) {
  event.Text("macAddress");
  event.Text("ipAddress");
  event.List("errors");
  event.UpdateTime();
}

void CompleteCellularStatus(Completion& event) {
  event.Whole("signalStrength", 0, 100);
  event.List("errors");
  event.UpdateTime();
}

void CompleteDeskOccupancy(Completion& event) {
  event.Word("state", {"OCCUPIED", "NOT_OCCUPIED"});
  event.UpdateTime();
  event.List("remarks");
}

void CompleteProbeWireStatus(Completion& event) {
  event.Word("state",
             {"INVALID_WIRE_CONFIGURATION", "INVALID_COEFFICIENT_CONFIGURATION",
              "TWO_WIRE", "THREE_WIRE", "FOUR_WIRE"});
  event.UpdateTime();
}

struct EventType {
  string_view name;
  void (*complete)(Completion&);
};

constexpr EventType kEventTypes[] = {
    {"touch", [](Completion& event) { event.UpdateTime(); }},
    {"temperature", CompleteTemperature},
    {"objectPresent", CompletePresence},
    {"humidity", CompleteHumidity},
    {"objectPresentCount", CompleteTotal},
    {"touchCount", CompleteTotal},
    {"waterPresent", CompletePresence},
    {"networkStatus", CompleteNetworkStatus},
    {"batteryStatus",
     [](Completion& event) {
       event.Whole("percentage", 0, 100);
       event.UpdateTime();
     }},
    {"connectionStatus", CompleteConnectionStatus},
    {"ethernetStatus", CompleteEthernetStatus},
    {"cellularStatus", CompleteCellularStatus},
    {"co2",
     [](Completion& event) {
       event.Whole("ppm", 0, kMany);
       event.UpdateTime();
     }},
    {"pressure",
     [](Completion& event) {
       event.Number("pascal");
       event.UpdateTime();
     }},
    {"motion",
     [](Completion& event) {
       event.Word("state", {"MOTION_DETECTED", "NO_MOTION_DETECTED"});
       event.UpdateTime();
     }},
    {"deskOccupancy", CompleteDeskOccupancy},
    {"contact",
     [](Completion& event) {
       event.Word("state", {"OPEN", "CLOSED"});
       event.UpdateTime();
     }},
    {"probeWireStatus", CompleteProbeWireStatus},
};

const EventType* FindEventType(string_view name) {
  for (const EventType& type : kEventTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace

const DeviceType* FindDeviceType(string_view name) {
  for (const DeviceType& type : kDeviceTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

bool IsDeviceEventType(string_view name) {
  return FindEventType(name) != nullptr;
}

string_view LastingEventType(string_view name) {
  if (name == "labelsChanged") return "labelsChanged";
  const EventType* type = FindEventType(name);
  CHECK(type != nullptr) << "no event type " << name;
  return type->name;
}

absl::StatusOr<json::object> CompleteEventData(string_view event_type,
                                               const json::object& given,
                                               absl::Time now) {
  const EventType* type = FindEventType(event_type);
  if (type == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("no event type \"", ToAbsl(event_type), "\""));
  }
  Completion completion(type->name, given, now);
  type->complete(completion);
  return completion.Finish();
}

std::string EnvelopeText(const EventEnvelope& event) {
  std::string text;
  text.reserve(160 + event.target.size() + event.data.size());
  text += R"({"eventId":")";
  text += event.event_id;
  text += R"(","targetName":")";
  text += event.target;
  text += R"(","eventType":")";
  text += event.event_type;
  text += R"(","data":)";
  if (event.nested) {
    text += R"({")";
    text += event.event_type;
    text += R"(":)";
  }
  text += event.data;
  if (event.nested) text += '}';
  text += R"(,"timestamp":")";
  text += Rfc3339Micros(event.timestamp);
  if (event.nine_digits) text.insert(text.size() - 1, "000");  // Before the Z.
  text += R"("})";
  return text;
}

}  // namespace sluice::sandbox
