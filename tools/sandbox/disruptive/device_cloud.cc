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

constexpr std::string_view kLabelsChanged = "labelsChanged";
// The upper half of the numbers in ids.
constexpr uint64_t kPassing = uint64_t{1} << 39;

bool DeviceHasEventType(const Device& device, std::string_view event_type) {
  const DeviceType* type = FindDeviceType(device.type);
  return type != nullptr &&
         std::find(type->event_types.begin(), type->event_types.end(),
                   event_type) != type->event_types.end();
}

std::string EnvelopeOf(const Device& device, std::string_view event_id,
                       std::string_view event_type, std::string_view data,
                       absl::Time timestamp, bool nine_digits) {
  const std::string name = device.Name();
  return EnvelopeText({.event_id = event_id,
                       .target = name,
                       .event_type = event_type,
                       .data = data,
                       .timestamp = timestamp,
                       .nested = event_type != kLabelsChanged,
                       .nine_digits = nine_digits});
}

// What goes to the endpoint of a connector, byte for byte in the order of the
// captured pushes.
std::string PushText(const DataConnector& connector, const Device& device,
                     std::string_view envelope) {
  std::string text =
      absl::StrCat("{\"event\":", ToAbsl(envelope), ",\"labels\":{");
  bool first = true;
  for (const std::string& key : connector.labels) {
    const auto label = device.labels.find(key);
    if (label == device.labels.end()) continue;
    if (!std::exchange(first, false)) text += ',';
    AppendJsonLineString(key, &text);
    text += ':';
    AppendJsonLineString(label->second, &text);
  }
  absl::StrAppend(
      &text, "},\"metadata\":",
      JsonText(json::object{{"deviceId", device.id},
                            {"projectId", device.project},
                            {"deviceType", device.type},
                            {"productNumber", device.product_number}}),
      "}");
  return text;
}

}  // namespace

DeviceCloud::DeviceCloud(DeviceCloudOptions options, uint32_t id_maker,
                         Ledger* ledger)
    : rules_(options.rules),
      id_maker_(id_maker),
      ledger_(ledger),
      history_(options.history),
      streams_(options.streams,
               [this](std::string_view project) { return PingText(project); }),
      connectors_(options.connectors),
      pusher_(
          std::move(options.pushes), &connectors_, [this] { return Now(); },
          [this] { return NewPassingId(); }) {}

void DeviceCloud::Start(Executor* executor, ConnectorPusher::Send send) {
  executor_ = executor;
  streams_.Start(executor);
  pusher_.Start(executor, std::move(send));
}

absl::Time DeviceCloud::Now() const {
  return absl::FromUnixMicros(
      absl::ToUnixMicros(executor_->Now() + rules_.clock_offset));
}

std::string DeviceCloud::NewId() { return MakeId(next_id_++); }

std::string DeviceCloud::NewPassingId() {
  return MakeId(kPassing | next_passing_id_++);
}

std::string DeviceCloud::MakeId(uint64_t number) const {
  return Xid{static_cast<uint32_t>(absl::ToUnixSeconds(Now())), id_maker_,
             number}
      .ToString();
}

void DeviceCloud::Publish(Device& device, std::string_view event_id,
                          std::string_view event_type, std::string data,
                          absl::Time timestamp) {
  std::string envelope = EnvelopeOf(device, event_id, event_type, data,
                                    timestamp, rules_.nine_digits);
  if (!silent_) Tell(device, event_id, event_type, envelope);
  device.last_event = std::max(device.last_event, timestamp);
  const bool label_change = event_type == kLabelsChanged;
  if (!label_change || rules_.label_changes_in_history) {
    history_.Add(device.id, event_type, timestamp, Now(), std::move(envelope));
  }
  if (label_change) return;
  const auto [report, added] =
      device.reported.try_emplace(std::string(event_type));
  if (added || report->second.time <= timestamp) {
    report->second = {timestamp, std::move(data), std::string(event_id)};
  }
}

void DeviceCloud::Tell(const Device& device, std::string_view event_id,
                       std::string_view event_type, std::string_view envelope) {
  ledger_->Published(event_id, device.id);
  const bool streamed = streams_.Offer(device, event_type, envelope);
  const bool pushed = OfferToConnectors(device, event_type, envelope);
  if (!streamed && !pushed) ledger_->Unheard();
  ++published_;
}

bool DeviceCloud::OfferToConnectors(const Device& device,
                                    std::string_view event_type,
                                    std::string_view envelope) {
  bool wanted = false;
  for (const auto& connector : connectors_.all()) {
    if (connector->project != device.project) continue;
    if (!connector->Wants(event_type)) continue;
    wanted = true;
    pusher_.Push(*connector, PushText(*connector, device, envelope));
  }
  return wanted;
}

int DeviceCloud::Sync(const DataConnector& connector) {
  int pushed = 0;
  for (const auto& device : registry_.devices()) {
    if (device->project != connector.project) continue;
    for (const auto& [event_type, report] : device->reported) {
      if (!connector.Wants(event_type)) continue;
      ++pushed;
      pusher_.Push(
          connector,
          PushText(connector, *device,
                   EnvelopeOf(*device, report.event_id, event_type, report.data,
                              report.time, rules_.nine_digits)));
    }
  }
  return pushed;
}

void DeviceCloud::PublishAnything(Device& device, std::string_view event_type,
                                  const json::object& data,
                                  absl::Time timestamp) {
  const std::string& lasting = *strange_types_.emplace(event_type).first;
  Publish(device, NewId(), lasting, JsonText(data), timestamp);
  streams_.Flush();
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
  if (rules_.refuse_foreign_types && !DeviceHasEventType(device, type)) {
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
  if (rules_.auto_network_status && type != "networkStatus" &&
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
  Publish(device, NewId(), kLabelsChanged, change.ToJson(), Now());
  streams_.Flush();
}

std::string DeviceCloud::PingText(std::string_view project) {
  return EnvelopeText({.event_id = NewPassingId(),
                       .target = absl::StrCat("projects/", ToAbsl(project)),
                       .event_type = "ping",
                       .data = "null",
                       .timestamp = Now(),
                       .nested = false});
}

}  // namespace sluice::sandbox
