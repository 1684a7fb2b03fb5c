// Faults as the control server reads and shows them.
#include <cmath>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "storage/base/status_macros.h"
#include "tools/sandbox/fault_switch.h"
#include "tools/sandbox/to_absl.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr double kMaxSeconds = 30 * 86400;

absl::Status Wrong(std::string_view field, std::string_view allowed) {
  return absl::InvalidArgumentError(
      absl::StrCat("field \"", ToAbsl(field), "\": ", ToAbsl(allowed)));
}

// Reads fields of one object and remembers the first mistake.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  std::string Text(std::string_view name, std::string fallback) {
    const json::value* value = Find(name);
    if (value == nullptr) return fallback;
    if (!value->is_string()) return Fail(name, "must be a text"), fallback;
    return std::string(value->get_string());
  }

  int64_t Whole(std::string_view name, int64_t least, int64_t most,
                int64_t fallback) {
    const json::value* value = Find(name);
    if (value == nullptr) return fallback;
    if (!value->is_int64() || value->get_int64() < least ||
        value->get_int64() > most) {
      Fail(name,
           absl::StrCat("must be a whole number from ", least, " to ", most));
      return fallback;
    }
    return value->get_int64();
  }

  absl::Duration Seconds(std::string_view name, absl::Duration fallback) {
    const json::value* value = Find(name);
    if (value == nullptr) return fallback;
    if (!value->is_number()) return Fail(name, "must be seconds"), fallback;
    const double seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds <= kMaxSeconds)) {
      Fail(name, "must be seconds, from 0 to 2592000");
      return fallback;
    }
    return absl::Seconds(seconds);
  }

  bool Flag(std::string_view name, bool fallback) {
    const json::value* value = Find(name);
    if (value == nullptr) return fallback;
    if (!value->is_bool()) return Fail(name, "must be true or false"), fallback;
    return value->get_bool();
  }

  HttpHeaders Headers(std::string_view name) {
    HttpHeaders headers;
    const json::value* value = Find(name);
    if (value == nullptr) return headers;
    if (!value->is_object()) return Fail(name, "must be an object"), headers;
    for (const auto& [key, text] : value->get_object()) {
      if (!text.is_string()) return Fail(name, "values must be texts"), headers;
      headers.emplace_back(key, std::string(text.get_string()));
    }
    return headers;
  }

  bool Has(std::string_view name) { return Find(name) != nullptr; }
  void Fail(std::string_view name, std::string_view allowed) {
    if (status_.ok()) status_ = Wrong(name, allowed);
  }
  const absl::Status& status() const { return status_; }

 private:
  const json::value* Find(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  const json::object& object_;
  absl::Status status_;
};

absl::Status CheckNames(const json::object& object) {
  constexpr std::string_view kNames[] = {
      "service", "kind",        "method",  "path", "count", "duration", "skip",
      "status",  "retry_after", "headers", "body", "delay", "reset"};
  for (const auto& member : object) {
    bool known = false;
    for (std::string_view name : kNames) known |= name == member.key();
    if (!known) return Wrong(member.key(), "is not a field of a fault");
  }
  return absl::OkStatus();
}

json::value SecondsOrNull(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return nullptr;
  return std::round(absl::ToDoubleSeconds(duration) * 1000) / 1000;
}

}  // namespace

absl::StatusOr<Fault> FaultFromJson(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    return absl::InvalidArgumentError("a fault is one JSON object");
  }
  const json::object& object = value.get_object();
  SLUICE_RETURN_IF_ERROR(CheckNames(object));
  Fields fields(object);
  Fault fault;
  fault.service = fields.Text("service", "");
  if (fault.service.empty()) {
    fields.Fail("service", "is needed: disruptive, feed or inthing");
  }
  const auto kind = ParseFaultKind(fields.Text("kind", ""));
  if (!kind.has_value()) {
    fields.Fail("kind",
                "is needed: status, stall, cut, half, lose_answer or slow");
  }
  fault.kind = kind.value_or(FaultKind::kStatus);
  fault.method = fields.Text("method", "");
  fault.path = fields.Text("path", "");
  if (fields.Has("count")) {
    fault.count = fields.Whole("count", 1, 1'000'000'000, 1);
  }
  fault.duration = fields.Seconds("duration", absl::InfiniteDuration());
  fault.skip = fields.Whole("skip", 0, 1'000'000'000, 0);
  fault.status = static_cast<int>(fields.Whole("status", 200, 599, 503));
  if (fields.Has("retry_after")) {
    fault.retry_after = fields.Seconds("retry_after", absl::ZeroDuration());
  }
  fault.headers = fields.Headers("headers");
  if (fields.Has("body")) fault.body = fields.Text("body", "");
  fault.delay = fields.Seconds("delay", absl::Seconds(5));
  fault.reset = fields.Flag("reset", false);
  SLUICE_RETURN_IF_ERROR(fields.status());
  return fault;
}

std::string FaultStateToJson(const FaultState& state) {
  const Fault& fault = state.fault;
  json::object object{{"id", state.id},
                      {"service", fault.service},
                      {"kind", FaultKindName(fault.kind)},
                      {"active", state.active},
                      {"fired", state.fired}};
  if (!fault.method.empty()) object["method"] = fault.method;
  if (!fault.path.empty()) object["path"] = fault.path;
  object["count"] =
      fault.count.has_value() ? json::value(*fault.count) : json::value();
  object["duration"] = SecondsOrNull(fault.duration);
  object["remaining"] = SecondsOrNull(state.remaining);
  if (fault.skip > 0) object["skip"] = fault.skip;
  if (fault.kind == FaultKind::kStatus) {
    object["status"] = fault.status;
    if (fault.retry_after) {
      object["retry_after"] = SecondsOrNull(*fault.retry_after);
    }
  }
  if (fault.kind == FaultKind::kStall || fault.kind == FaultKind::kSlow) {
    object["delay"] = SecondsOrNull(fault.delay);
  }
  if (fault.reset) object["reset"] = true;
  return json::serialize(object);
}

}  // namespace sluice::sandbox
