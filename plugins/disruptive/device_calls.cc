#include "plugins/disruptive/device_calls.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/http/excerpt.h"
#include "pipeline/http/url.h"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/text.h"
#include "plugins/disruptive/typed_json.h"
#include "plugins/disruptive/vocabulary.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

constexpr char kAnyProject[] = "-";

absl::Status CheckLabels(std::string_view argument, const LabelList& labels) {
  for (const auto& [key, value] : labels) {
    SLUICE_RETURN_IF_ERROR(CheckLabelKey(argument, key));
    SLUICE_RETURN_IF_ERROR(CheckText(argument, value));
  }
  return absl::OkStatus();
}

std::string DevicesPrefix(std::string_view project) {
  return absl::StrCat("projects/", ToAbsl(project), "/devices/");
}

absl::Status CheckDevice(std::string_view project, std::string_view device) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  return CheckId("device_id", device);
}

std::string DevicePath(std::string_view project, std::string_view device) {
  return ApiPath({"projects", project, "devices", device});
}

absl::Status CheckNewDevice(std::string_view device_type,
                            const LabelList& labels) {
  if (!IsOneOf(device_type, DeviceTypes())) {
    return ArgumentError(
        "device_type",
        absl::StrCat("unknown type \"", Excerpt(device_type), "\"; ",
                     Suggestion(device_type, DeviceTypes())));
  }
  return CheckLabels("labels", labels);
}

std::string NewDeviceBody(std::string_view device_type,
                          const LabelList& labels) {
  return JsonText(
      boost::json::object{{"type", device_type}, {"labels", JsonMap(labels)}});
}

// The message that holds data of `event_type`.
std::unique_ptr<google::protobuf::Message> NewData(
    std::string_view event_type) {
  const auto* field = v1::Event::descriptor()->FindFieldByCamelcaseName(
      std::string(event_type));
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(field->message_type())
          ->New());
}

// "value, samples, isBackfilled": what data of this type has.
std::string MembersOf(const google::protobuf::Message& data) {
  std::string names;
  for (int i = 0; i < data.GetDescriptor()->field_count(); ++i) {
    const auto* field = data.GetDescriptor()->field(i);
    if (field->name() == "other") continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ", field->camelcase_name());
  }
  return names;
}

absl::Status CheckPublishable(std::string_view event_type) {
  if (event_type == kLabelsChanged) {
    return ArgumentError("event_type",
                         "labelsChanged cannot be published; change the "
                         "device's labels");
  }
  if (IsOneOf(event_type, EventTypes())) return absl::OkStatus();
  return ArgumentError(
      "event_type", absl::StrCat("unknown type \"", Excerpt(event_type), "\"; ",
                                 Suggestion(event_type, EventTypes())));
}

}  // namespace

absl::StatusOr<ApiCall<v1::Device>> GetDevice(std::string_view device,
                                              std::string_view project) {
  if (project != kAnyProject) {
    SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  }
  SLUICE_RETURN_IF_ERROR(CheckId("device_id", device));
  return ApiCall<v1::Device>{.path = DevicePath(project, device)};
}

absl::StatusOr<ApiList<v1::Device>> ListDevices(const DeviceQuery& query) {
  const bool any = query.project == kAnyProject;
  if (!any) SLUICE_RETURN_IF_ERROR(CheckId("project_id", query.project));
  if (any && query.organization.empty()) {
    return ArgumentError("organization_id",
                         "needed to list the devices of all projects (-)");
  }
  if (!any && (!query.organization.empty() || !query.projects.empty())) {
    return ArgumentError(
        query.organization.empty() ? "project_ids" : "organization_id",
        "goes with the project - only");
  }
  SLUICE_RETURN_IF_ERROR(CheckDeviceTypes(query.device_types));
  SLUICE_RETURN_IF_ERROR(CheckLabels("label_filters", query.label_filters));
  std::string path = ApiPath({"projects", query.project, "devices"});
  if (!query.query.empty()) AppendQuery(&path, "query", query.query);
  for (const std::string& id : query.device_ids) {
    SLUICE_RETURN_IF_ERROR(CheckId("device_ids", id));
    AppendQuery(&path, "device_ids", id);
  }
  for (const std::string& type : query.device_types) {
    AppendQuery(&path, "device_types", type);
  }
  if (!query.order_by.empty()) AppendQuery(&path, "order_by", query.order_by);
  if (any) {
    SLUICE_RETURN_IF_ERROR(CheckId("organization_id", query.organization));
    AppendQuery(&path, "organization",
                absl::StrCat("organizations/", query.organization));
  }
  for (const std::string& project : query.projects) {
    SLUICE_RETURN_IF_ERROR(CheckId("project_ids", project));
    AppendQuery(&path, "projects", absl::StrCat("projects/", project));
  }
  for (const auto& [key, value] : query.label_filters) {
    AppendQuery(&path, "label_filters", absl::StrCat(key, "=", value));
  }
  return ApiList<v1::Device>{.path = path, .key = "devices"};
}

absl::StatusOr<ApiCall<v1::UpdateLabelsResult>> UpdateLabels(
    std::string_view project, const std::vector<std::string>& devices,
    const LabelList& set, const std::vector<std::string>& remove) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  SLUICE_RETURN_IF_ERROR(CheckIds("device_ids", devices));
  SLUICE_RETURN_IF_ERROR(CheckLabels("set_labels", set));
  for (const std::string& key : remove) {
    SLUICE_RETURN_IF_ERROR(CheckLabelKey("remove_labels", key));
  }
  if (set.empty() && remove.empty()) {
    return ArgumentError("set_labels",
                         "needed: labels to set, or remove_labels");
  }
  boost::json::object body;
  body["devices"] = JsonList(DevicesPrefix(project), devices);
  if (!set.empty()) body["addLabels"] = JsonMap(set);
  if (!remove.empty()) body["removeLabels"] = JsonList(remove);
  return ApiCall<v1::UpdateLabelsResult>{
      .method = "POST",
      .path = ApiPath({"projects", project, "devices"}) + ":batchUpdate",
      .body = JsonText(body)};
}

absl::StatusOr<ApiCall<v1::TransferResult>> TransferDevices(
    std::string_view source_project, const std::vector<std::string>& devices,
    std::string_view target_project) {
  SLUICE_RETURN_IF_ERROR(CheckId("source_project_id", source_project));
  SLUICE_RETURN_IF_ERROR(CheckIds("device_ids", devices));
  SLUICE_RETURN_IF_ERROR(CheckId("target_project_id", target_project));
  if (source_project == target_project) {
    return ArgumentError("target_project_id", "is the source project");
  }
  return ApiCall<v1::TransferResult>{
      .method = "POST",
      .path = ApiPath({"projects", target_project, "devices"}) + ":transfer",
      .body = JsonText(boost::json::object{
          {"devices", JsonList(DevicesPrefix(source_project), devices)}}),
      // A second one finds the devices gone from the source.
      .repeatable = false};
}

absl::StatusOr<ApiList<v1::Event>> ListEvents(const HistoryQuery& query) {
  SLUICE_RETURN_IF_ERROR(CheckDevice(query.project, query.device));
  SLUICE_RETURN_IF_ERROR(CheckEventTypes(query.event_types));
  if (query.start.has_value() && query.end.has_value() &&
      *query.start > *query.end) {
    return ArgumentError("start_time", "lies after end_time");
  }
  std::string path = DevicePath(query.project, query.device) + "/events";
  for (const std::string& type : query.event_types) {
    AppendQuery(&path, "eventTypes", type);
  }
  if (query.start.has_value()) {
    AppendQuery(&path, "startTime", Rfc3339Micros(*query.start));
  }
  if (query.end.has_value()) {
    AppendQuery(&path, "endTime", Rfc3339Micros(*query.end));
  }
  return ApiList<v1::Event>{.path = path, .key = "events"};
}

absl::StatusOr<ApiCall<v1::Device>> CreateEmulatedDevice(
    std::string_view project, std::string_view device_type,
    const LabelList& labels) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  SLUICE_RETURN_IF_ERROR(CheckNewDevice(device_type, labels));
  return ApiCall<v1::Device>{.host = ApiHost::kEmulator,
                             .method = "POST",
                             .path = ApiPath({"projects", project, "devices"}),
                             .body = NewDeviceBody(device_type, labels),
                             .repeatable = false};
}

absl::StatusOr<ApiCall<v1::Device>> GetEmulatedDevice(std::string_view project,
                                                      std::string_view device) {
  SLUICE_RETURN_IF_ERROR(CheckDevice(project, device));
  return ApiCall<v1::Device>{.host = ApiHost::kEmulator,
                             .path = DevicePath(project, device)};
}

absl::StatusOr<ApiList<v1::Device>> ListEmulatedDevices(
    std::string_view project) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  return ApiList<v1::Device>{.host = ApiHost::kEmulator,
                             .path = ApiPath({"projects", project, "devices"}),
                             .key = "devices"};
}

absl::StatusOr<ApiCall<v1::Device>> ReplaceEmulatedDevice(
    std::string_view project, std::string_view device,
    std::string_view device_type, const LabelList& labels) {
  SLUICE_RETURN_IF_ERROR(CheckDevice(project, device));
  SLUICE_RETURN_IF_ERROR(CheckNewDevice(device_type, labels));
  return ApiCall<v1::Device>{.host = ApiHost::kEmulator,
                             .method = "PUT",
                             .path = DevicePath(project, device),
                             .body = NewDeviceBody(device_type, labels)};
}

absl::StatusOr<ApiCall<Empty>> DeleteEmulatedDevice(std::string_view project,
                                                    std::string_view device) {
  SLUICE_RETURN_IF_ERROR(CheckDevice(project, device));
  return ApiCall<Empty>{.host = ApiHost::kEmulator,
                        .method = "DELETE",
                        .path = DevicePath(project, device),
                        // A second one finds nothing.
                        .repeatable = false};
}

absl::StatusOr<ApiCall<Empty>> PublishEvent(std::string_view project,
                                            std::string_view device,
                                            std::string_view event_type,
                                            std::string_view data) {
  SLUICE_RETURN_IF_ERROR(CheckDevice(project, device));
  SLUICE_RETURN_IF_ERROR(CheckPublishable(event_type));
  const auto typed = NewData(event_type);
  if (const absl::Status status = FromJson(data, typed.get()); !status.ok()) {
    return ArgumentError("data",
                         absl::StrCat("is no JSON object: ", status.message()));
  }
  const auto* other = typed->GetDescriptor()->FindFieldByName("other");
  if (typed->GetReflection()->FieldSize(*typed, other) > 0) {
    const auto& member = static_cast<const v1::JsonMember&>(
        typed->GetReflection()->GetRepeatedMessage(*typed, other, 0));
    return ArgumentError(
        "data",
        absl::StrCat("\"", Excerpt(member.name()),
                     "\": ", Excerpt(member.json(), 60), " is nothing for ",
                     ToAbsl(event_type), ", which has ", MembersOf(*typed)));
  }
  return ApiCall<Empty>{
      .host = ApiHost::kEmulator,
      .method = "POST",
      .path = DevicePath(project, device) + ":publish",
      .body = absl::StrCat("{\"", ToAbsl(event_type), "\":", ToAbsl(data), "}"),
      .repeatable = false};
}

absl::StatusOr<ApiCall<Empty>> PublishEvent(std::string_view project,
                                            std::string_view device,
                                            const v1::Event& event) {
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->FindOneofByName("data"));
  if (field == nullptr) return ArgumentError("event", "has no data");
  return PublishEvent(project, device, field->camelcase_name(),
                      ToJson(event.GetReflection()->GetMessage(event, field),
                             EmptyLists::kOmit));
}

}  // namespace sluice::disruptive
