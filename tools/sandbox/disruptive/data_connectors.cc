#include "tools/sandbox/disruptive/data_connectors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/device_events.h"
#include "tools/sandbox/disruptive/request_json.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr char kType[] = "HTTP_PUSH";
constexpr size_t kMaxUrlBytes = 2048;
constexpr size_t kMaxHeaders = 100;

std::string_view StatusName(DataConnector::Status status) {
  switch (status) {
    case DataConnector::Status::kActive:
      return "ACTIVE";
    case DataConnector::Status::kUserDisabled:
      return "USER_DISABLED";
    case DataConnector::Status::kSystemDisabled:
      return "SYSTEM_DISABLED";
  }
  return "";
}

absl::Status Wrong(std::string_view name, std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), " ", ToAbsl(text)));
}

bool IsEventType(const std::string& name) {
  return name == "labelsChanged" || IsDeviceEventType(name);
}

// A field name of RFC 9110, and none that says how the push is sent.
bool IsCustomHeader(const std::string& name) {
  constexpr std::string_view kOwn[] = {
      "host",       "content-length", "content-type", "transfer-encoding",
      "connection", "x-dt-signature", "expect"};
  const std::string lower = absl::AsciiStrToLower(name);
  if (std::find(std::begin(kOwn), std::end(kOwn), lower) != std::end(kOwn)) {
    return false;
  }
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) !=
               std::string_view::npos;
  });
}

bool IsHeaderValue(const std::string& value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return absl::ascii_iscntrl(c); });
}

json::array ToArray(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

}  // namespace

std::string DataConnector::Name() const {
  return absl::StrCat("projects/", project, "/dataconnectors/", id);
}

std::string DataConnector::ToJson() const {
  json::object custom;
  for (const auto& [name, value] : headers) custom[name] = value;
  return JsonText(json::object{{"name", Name()},
                               {"displayName", display_name},
                               {"type", kType},
                               {"status", StatusName(status)},
                               {"events", ToArray(events)},
                               {"labels", ToArray(labels)},
                               {"httpConfig",
                                {{"url", url},
                                 {"signatureSecret", signature_secret},
                                 {"headers", std::move(custom)}}}});
}

bool DataConnector::Wants(std::string_view event_type) const {
  return active() && (events.empty() || std::find(events.begin(), events.end(),
                                                  event_type) != events.end());
}

absl::StatusOr<DataConnector*> DataConnectors::Create(
    std::string id, std::string_view project, const json::object& fields) {
  auto connector = std::make_unique<DataConnector>();
  connector->id = std::move(id);
  connector->project = project;
  if (!IsText(fields.if_contains("type"), kType)) {
    return Wrong("type",
                 "must be HTTP_PUSH; the sandbox pushes to nothing else");
  }
  if (!fields.contains("httpConfig")) return Wrong("httpConfig", "is needed");
  SLUICE_RETURN_IF_ERROR(TakeFields(fields, connector.get()));
  connectors_.push_back(std::move(connector));
  return connectors_.back().get();
}

absl::Status DataConnectors::Update(DataConnector& connector,
                                    const json::object& fields) const {
  if (fields.contains("type") && !IsText(fields.if_contains("type"), kType)) {
    return Wrong("type", "of a connector cannot change");
  }
  DataConnector changed = connector;
  SLUICE_RETURN_IF_ERROR(TakeFields(fields, &changed));
  connector = std::move(changed);
  return absl::OkStatus();
}

absl::Status DataConnectors::TakeFields(const json::object& fields,
                                        DataConnector* connector) const {
  SLUICE_ASSIGN_OR_RETURN(
      connector->display_name,
      TextOf(fields, "displayName", connector->display_name));
  if (fields.contains("status")) {
    if (IsText(fields.if_contains("status"), "ACTIVE")) {
      connector->status = DataConnector::Status::kActive;
    } else if (IsText(fields.if_contains("status"), "USER_DISABLED")) {
      connector->status = DataConnector::Status::kUserDisabled;
    } else {
      return Wrong("status", "must be ACTIVE or USER_DISABLED");
    }
  }
  if (fields.contains("events")) {
    SLUICE_ASSIGN_OR_RETURN(connector->events, TextList(fields, "events"));
    for (const std::string& type : connector->events) {
      if (!IsEventType(type)) {
        return Wrong("events", absl::StrCat("has \"", type,
                                            "\", which is no event type"));
      }
    }
  }
  if (fields.contains("labels")) {
    SLUICE_ASSIGN_OR_RETURN(connector->labels, TextList(fields, "labels"));
  }
  const json::value* config = fields.if_contains("httpConfig");
  if (config == nullptr) return absl::OkStatus();
  if (!config->is_object()) return Wrong("httpConfig", "must be an object");
  return TakeHttpConfig(config->get_object(), connector);
}

absl::Status DataConnectors::TakeHttpConfig(const json::object& config,
                                            DataConnector* connector) const {
  SLUICE_ASSIGN_OR_RETURN(connector->url,
                          TextOf(config, "url", connector->url));
  const bool allowed = absl::StartsWithIgnoreCase(connector->url, "https://") ||
                       (rules_.allow_plain_http &&
                        absl::StartsWithIgnoreCase(connector->url, "http://"));
  if (!allowed || connector->url.size() > kMaxUrlBytes) {
    return Wrong("httpConfig.url", "must be an https:// address");
  }
  SLUICE_ASSIGN_OR_RETURN(
      connector->signature_secret,
      TextOf(config, "signatureSecret", connector->signature_secret));
  if (!config.contains("headers")) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(connector->headers, TextMap(config, "headers"));
  if (connector->headers.size() > kMaxHeaders) {
    return Wrong("httpConfig.headers", "has too many");
  }
  for (const auto& [name, value] : connector->headers) {
    if (!IsCustomHeader(name) || !IsHeaderValue(value)) {
      return Wrong("httpConfig.headers",
                   absl::StrCat("cannot have \"", name, "\""));
    }
  }
  return absl::OkStatus();
}

void DataConnectors::Remove(std::string_view id) {
  std::erase_if(connectors_,
                [id](const auto& connector) { return connector->id == id; });
}

DataConnector* DataConnectors::Find(std::string_view project,
                                    std::string_view id) {
  DataConnector* connector = Find(id);
  return connector != nullptr && connector->project == project ? connector
                                                               : nullptr;
}

DataConnector* DataConnectors::Find(std::string_view id) {
  for (const auto& connector : connectors_) {
    if (connector->id == id) return connector.get();
  }
  return nullptr;
}

absl::StatusOr<std::string> DataConnectors::List(
    std::string_view project, const DisruptiveQuery& query) const {
  std::vector<const DataConnector*> listed;
  for (const auto& connector : connectors_) {
    if (connector->project == project) listed.push_back(connector.get());
  }
  return query.Page("dataConnectors", listed.size(),
                    [&](size_t i) { return listed[i]->ToJson(); });
}

}  // namespace sluice::sandbox
