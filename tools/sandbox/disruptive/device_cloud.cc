#include "tools/sandbox/disruptive/device_cloud.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/device_events.h"
#include "tools/sandbox/xid.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

bool DeviceHasEventType(const Device& device, std::string_view event_type) {
  const DeviceType* type = FindDeviceType(device.type);
  return type != nullptr &&
         std::find(type->event_types.begin(), type->event_types.end(),
                   event_type) != type->event_types.end();
}

}  // namespace

DeviceCloud::DeviceCloud(DeviceCloudOptions options, uint32_t id_maker,
                         Ledger* ledger)
    : options_(options),
      id_maker_(id_maker),
      ledger_(ledger),
      history_(options.history),
      streams_(options.streams,
               [this](std::string_view project) { return PingText(project); }) {
}

void DeviceCloud::Start(Executor* executor) {
  executor_ = executor;
  streams_.Start(executor);
}

absl::Time DeviceCloud::Now() const {
  return absl::FromUnixMicros(
      absl::ToUnixMicros(executor_->Now() + options_.clock_offset));
}

std::string DeviceCloud::NewId() {
  return Xid{static_cast<uint32_t>(absl::ToUnixSeconds(Now())), id_maker_,
             next_id_++}
      .ToString();
}

void DeviceCloud::Publish(Device& device, std::string_view event_id,
                          std::string_view event_type, std::string data,
                          absl::Time timestamp) {
  // Label changes are told once, live, and flat.
  const bool kept = event_type != "labelsChanged";
  const std::string name = device.Name();
  std::string envelope = EnvelopeText({.event_id = event_id,
                                       .target = name,
                                       .event_type = event_type,
                                       .data = data,
                                       .timestamp = timestamp,
                                       .nested = kept});
  const bool heard = streams_.Offer(device, event_type, envelope);
  ledger_->Published(event_id, device.id, heard);
  ++published_;
  device.last_event = std::max(device.last_event, timestamp);
  if (!kept) return;
  history_.Add(device.id, event_type, timestamp, Now(), std::move(envelope));
  const auto [report, added] =
      device.reported.try_emplace(std::string(event_type));
  if (added || report->second.time <= timestamp) {
    report->second = {timestamp, std::move(data)};
  }
}

absl::Status DeviceCloud::PublishBody(Device& device, std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object() || value.get_object().size() != 1) {
    return absl::InvalidArgumentError(
        "the body must be a JSON object with exactly one event type");
  }
  const auto& member = *value.get_object().begin();
  const std::string_view type = member.key();
  if (!IsDeviceEventType(type) || !member.value().is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(type), "\" is no event with contents"));
  }
  if (options_.refuse_foreign_types && !DeviceHasEventType(device, type)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "event type \"", ToAbsl(type), "\" is not supported by device type \"",
        device.type, "\""));
  }
  const absl::Time now = Now();
  json::object data;
  SLUICE_ASSIGN_OR_RETURN(
      data, CompleteEventData(type, member.value().get_object(), now));
  const std::string_view time = data["updateTime"].get_string();
  Publish(device, NewId(), LastingEventType(type), JsonText(data),
          ParseRfc3339Time(time).value_or(now));
  if (options_.auto_network_status && type != "networkStatus" &&
      DeviceHasEventType(device, "networkStatus")) {
    SLUICE_ASSIGN_OR_RETURN(data, CompleteEventData("networkStatus", {}, now));
    Publish(device, NewId(), "networkStatus", JsonText(data), now);
  }
  streams_.Flush();
  return absl::OkStatus();
}

void DeviceCloud::ChangeLabels(Device& device,
                               const std::map<std::string, std::string>& set,
                               const std::vector<std::string>& remove) {
  const LabelChange change = sandbox::ChangeLabels(device, set, remove);
  if (change.empty()) return;
  Publish(device, NewId(), "labelsChanged", change.ToJson(), Now());
  streams_.Flush();
}

std::string DeviceCloud::PingText(std::string_view project) {
  return EnvelopeText({.event_id = NewId(),
                       .target = absl::StrCat("projects/", ToAbsl(project)),
                       .event_type = "ping",
                       .data = "null",
                       .timestamp = Now(),
                       .nested = false});
}

}  // namespace sluice::sandbox
