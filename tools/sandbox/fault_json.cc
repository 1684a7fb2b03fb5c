// Faults as the control server reads and shows them.
#include <cmath>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "tools/sandbox/fault_switch.h"
#include "tools/sandbox/json_fields.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr int64_t kMany = 1'000'000'000;
constexpr absl::Duration kDelay = absl::Seconds(5);
constexpr absl::Duration kDripDelay = absl::Milliseconds(100);

// What a status fault answers.
void ReadAnswer(JsonFields& fields, Fault& fault) {
  fault.status = static_cast<int>(fields.Whole("status", 200, 599, 503));
  if (fields.Has("retry_after")) {
    fault.retry_after = fields.Seconds("retry_after", absl::ZeroDuration());
  }
  fault.headers = fields.Headers("headers");
  if (fields.Has("body")) fault.body = fields.Text("body");
}

json::value SecondsOrNull(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return nullptr;
  return std::round(absl::ToDoubleSeconds(duration) * 1000) / 1000;
}

}  // namespace

absl::StatusOr<Fault> FaultFromJson(std::string_view text) {
  JsonFields fields(text, {"service", "kind", "method", "path", "count",
                           "duration", "skip", "status", "retry_after",
                           "headers", "body", "delay", "off_by", "reset"});
  Fault fault;
  fault.service = fields.Text("service");
  if (fault.service.empty()) {
    fields.Fail("service", "is needed: disruptive, feed or inthing");
  }
  const auto kind = ParseFaultKind(fields.Text("kind"));
  if (!kind.has_value()) {
    fields.Fail("kind",
                "is needed: status, stall, cut, hang_up, half, lose_answer, "
                "slow, drip or wrong_length");
  }
  fault.kind = kind.value_or(FaultKind::kStatus);
  fault.method = fields.Text("method");
  fault.path = fields.Text("path");
  if (fields.Has("count")) fault.count = fields.Whole("count", 1, kMany, 1);
  fault.duration = fields.Seconds("duration", absl::InfiniteDuration());
  fault.skip = fields.Whole("skip", 0, kMany, 0);
  ReadAnswer(fields, fault);
  fault.delay = fields.Seconds(
      "delay", fault.kind == FaultKind::kDrip ? kDripDelay : kDelay);
  fault.off_by = fields.Whole("off_by", -kMany, kMany, 1);
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
  if (fault.kind == FaultKind::kStall || fault.kind == FaultKind::kSlow ||
      fault.kind == FaultKind::kDrip) {
    object["delay"] = SecondsOrNull(fault.delay);
  }
  if (fault.kind == FaultKind::kWrongLength) object["off_by"] = fault.off_by;
  if (fault.reset) object["reset"] = true;
  return JsonText(object);
}

}  // namespace sluice::sandbox
