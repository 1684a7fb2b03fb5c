#include "tools/sluice/disruptive_output.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/typed_event.h"
#include "plugins/disruptive/typed_json.h"
#include "storage/base/rfc3339.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

using disruptive::ForEachElement;
using disruptive::ForEachMember;
using disruptive::ReadJsonText;
using disruptive::ToJson;
namespace v1 = disruptive::v1;

// Units of the service's members; see proto/disruptive/v1/event.proto.
constexpr std::pair<std::string_view, std::string_view> kUnits[] = {
    {"value", " °C"},
    {"temperature", " °C"},
    {"relativeHumidity", " %"},
    {"signalStrength", " %"},
    {"rssi", " dBm"},
    {"percentage", " %"},
    {"ppm", " ppm"},
    {"pascal", " Pa"},
};

std::string_view UnitOf(std::string_view member) {
  for (const auto& [name, unit] : kUnits) {
    if (name == member) return unit;
  }
  return "";
}

std::string Id(std::string_view name) { return Plain(LastPart(name)); }

std::string MomentOf(const google::protobuf::Timestamp& stamp) {
  return Rfc3339Micros(absl::FromUnixSeconds(stamp.seconds()) +
                       absl::Nanoseconds(stamp.nanos()));
}

template <typename Map>
std::string Labels(const Map& labels) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : labels) {
    if (key == "name") continue;
    texts.push_back(value.empty() ? key : absl::StrCat(key, "=", value));
  }
  std::sort(texts.begin(), texts.end());
  return Plain(absl::StrJoin(texts, ", "));
}

template <typename List>
std::string Joined(const List& list) {
  return Plain(absl::StrJoin(list, ", "));
}

// The text of a JSON string, or the JSON itself.
std::string Shown(std::string_view json) {
  const std::optional<std::string> text = ReadJsonText(json);
  return Plain(text.has_value() ? *text : std::string(json));
}

bool HasMembers(std::string_view json) {
  return json.size() > 2 && (json[0] == '{' || json[0] == '[');
}

void AppendDetails(std::string_view json, int depth, std::string* out) {
  const std::string indent(2 * depth, ' ');
  const auto line = [&](std::string_view name, std::string_view value) {
    const bool deeper = HasMembers(value);
    absl::StrAppend(out, indent, ToAbsl(name), deeper ? "" : ": ",
                    deeper ? "" : Shown(value), "\n");
    if (deeper) AppendDetails(value, depth + 1, out);
    return absl::OkStatus();
  };
  // Whichever it is; the texts are ours, so neither fails halfway.
  if (json.starts_with('{')) {
    (void)ForEachMember(json,
                        [&](std::string_view name, std::string_view value) {
                          return line(Plain(name), value);
                        });
  } else {
    (void)ForEachElement(
        json, [&](std::string_view value) { return line("-", value); });
  }
}

}  // namespace

std::string Plain(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '.';
  }
  return plain;
}

std::string_view LastPart(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::vector<std::string> Header(const v1::Device*) {
  return {"DEVICE", "TYPE", "NAME", "LABELS", "EMULATED"};
}
std::vector<std::string> Row(const v1::Device& device) {
  std::string type = "?";
  (void)ForEachMember(ToJson(device),
                      [&](std::string_view name, std::string_view value) {
                        if (name == "type") type = Shown(value);
                        return absl::OkStatus();
                      });
  const auto name = device.labels().find("name");
  // python-client 1.7.3 tells them apart like this.
  const bool emulated =
      device.name().find("/devices/emu") != std::string::npos &&
      LastPart(device.name()).size() == 23;
  return {Id(device.name()), type,
          name == device.labels().end() ? "" : Plain(name->second),
          Labels(device.labels()), emulated ? "yes" : "no"};
}

std::vector<std::string> Header(const v1::Event*) {
  return {"TIME", "DEVICE", "TYPE", "DATA"};
}
std::vector<std::string> Row(const v1::Event& event) {
  return {event.has_timestamp() ? MomentOf(event.timestamp()) : "-",
          Id(event.target_name()), Plain(event.event_type()), Summary(event)};
}

std::vector<std::string> Header(const v1::DataConnector*) {
  return {"CONNECTOR", "NAME", "STATUS", "EVENTS", "LABELS", "URL"};
}
std::vector<std::string> Row(const v1::DataConnector& connector) {
  return {Id(connector.name()),
          Plain(connector.display_name()),
          v1::DataConnector::Status_Name(connector.status()),
          connector.events().empty() ? "all" : Joined(connector.events()),
          Joined(connector.labels()),
          Plain(connector.http_config().url())};
}

std::vector<std::string> Header(const v1::Project*) {
  return {"PROJECT", "NAME", "ORGANIZATION", "SENSORS", "CLOUD CONNECTORS"};
}
std::vector<std::string> Row(const v1::Project& project) {
  return {Id(project.name()), Plain(project.display_name()),
          Plain(project.organization_display_name()),
          absl::StrCat(project.sensor_count()),
          absl::StrCat(project.cloud_connector_count())};
}

std::vector<std::string> Header(const v1::Organization*) {
  return {"ORGANIZATION", "NAME"};
}
std::vector<std::string> Row(const v1::Organization& organization) {
  return {Id(organization.name()), Plain(organization.display_name())};
}

std::vector<std::string> Header(const v1::Member*) {
  return {"MEMBER", "NAME", "EMAIL", "ROLES", "STATUS", "KIND"};
}
std::vector<std::string> Row(const v1::Member& member) {
  return {Id(member.name()),      Plain(member.display_name()),
          Plain(member.email()),  Joined(member.roles()),
          Plain(member.status()), Plain(member.account_type())};
}

std::vector<std::string> Header(const v1::Role*) {
  return {"ROLE", "NAME", "DESCRIPTION"};
}
std::vector<std::string> Row(const v1::Role& role) {
  return {Id(role.name()), Plain(role.display_name()),
          Plain(role.description())};
}

std::vector<std::string> Header(const v1::ServiceAccount*) {
  return {"ACCOUNT", "NAME", "EMAIL", "BASIC AUTH"};
}
std::vector<std::string> Row(const v1::ServiceAccount& account) {
  return {Id(account.name()), Plain(account.display_name()),
          Plain(account.email()), account.enable_basic_auth() ? "yes" : "no"};
}

std::vector<std::string> Header(const v1::ServiceAccountKey*) {
  return {"KEY", "CREATED"};
}
std::vector<std::string> Row(const v1::ServiceAccountKey& key) {
  return {Plain(key.id()),
          key.has_create_time() ? MomentOf(key.create_time()) : "-"};
}

std::vector<std::string> Header(const std::string*) { return {"PERMISSION"}; }
std::vector<std::string> Row(const std::string& text) { return {Plain(text)}; }

std::string JsonLine(const v1::Event& event) {
  return disruptive::EventToJson(event);
}

std::string JsonLine(const v1::DataConnector& connector) {
  v1::DataConnector shown = connector;
  if (shown.http_config().has_signature_secret()) {
    shown.mutable_http_config()->clear_signature_secret();
  }
  return ToJson(shown);
}

std::string JsonLine(const google::protobuf::Message& message) {
  return ToJson(message);
}

std::string JsonLine(const std::string& text) {
  std::string json = "{\"permission\":";
  AppendJsonLineString(text, &json);
  return json + "}";
}

std::string Details(std::string_view json) {
  std::string text;
  AppendDetails(json, 0, &text);
  return text;
}

std::string Summary(const v1::Event& event) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (name == "updateTime" || name == "samples") return absl::OkStatus();
    absl::StrAppend(&text, text.empty() ? "" : "  ", Plain(name), "=",
                    Shown(value), ToAbsl(UnitOf(name)));
    return absl::OkStatus();
  };
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->FindOneofByName("data"));
  if (field != nullptr) {
    (void)ForEachMember(ToJson(event.GetReflection()->GetMessage(event, field)),
                        add);
  }
  for (const v1::JsonMember& member : event.other_data()) {
    (void)add(member.name(), member.json());
  }
  if (event.has_plain_data()) text += Plain(event.plain_data());
  return text;
}

void ItemPrinter::Flush() {
  if (!rows_.empty()) *out_ << FormatTable(rows_);
  rows_.clear();
  out_->flush();
}

}  // namespace sluice
