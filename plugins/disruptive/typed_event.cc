#include "plugins/disruptive/typed_event.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/typed_json.h"
#include "plugins/disruptive/vocabulary.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The field of the oneof for a type of event; null: the type is unknown.
const FieldDescriptor* DataField(std::string_view type) {
  const FieldDescriptor* field =
      v1::Event::descriptor()->FindFieldByCamelcaseName(std::string(type));
  return field == nullptr || field->containing_oneof() == nullptr ||
                 field->containing_oneof()->name() != "data"
             ? nullptr
             : field;
}

void KeepData(std::string_view name, std::string_view json, v1::Event* event) {
  v1::JsonMember* member = event->add_other_data();
  member->set_name(std::string(name));
  member->set_json(std::string(json));
}

void ReadData(std::string_view json, v1::Event* event) {
  const FieldDescriptor* field = DataField(event->event_type());
  const auto data = [&] {
    return event->GetReflection()->MutableMessage(event, field);
  };
  if (field != nullptr && event->event_type() == kLabelsChanged) {
    if (FromJson(json, data()).ok()) return;
    event->GetReflection()->ClearField(event, field);
  }
  const absl::Status status =
      ForEachMember(json, [&](std::string_view name, std::string_view value) {
        if (field != nullptr && name == field->camelcase_name() &&
            event->event_type() != kLabelsChanged) {
          if (FromJson(value, data()).ok()) return absl::OkStatus();
          event->GetReflection()->ClearField(event, field);
        }
        KeepData(name, value, event);
        return absl::OkStatus();
      });
  if (status.ok()) return;
  // Null, or whatever else is no object.
  event->clear_other_data();
  event->set_plain_data(std::string(json));
}

std::string DataToJson(const v1::Event& event) {
  if (event.has_plain_data()) return event.plain_data();
  const FieldDescriptor* field = event.GetReflection()->GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->FindOneofByName("data"));
  std::string json;
  if (field != nullptr) {
    json = ToJson(event.GetReflection()->GetMessage(event, field));
    if (field->camelcase_name() == kLabelsChanged) return json;
    json = absl::StrCat("{\"", field->camelcase_name(), "\":", json);
  } else {
    json = "{";
  }
  for (const v1::JsonMember& member : event.other_data()) {
    AppendMemberName(member.name(), &json);
    json += member.json();
  }
  return json + "}";
}

}  // namespace

absl::StatusOr<v1::Event> EventFromJson(std::string_view envelope) {
  v1::Event event;
  SLUICE_RETURN_IF_ERROR(FromJson(envelope, &event));
  // `data` has no field of this name, so it was kept.
  for (int i = 0; i < event.other_size(); ++i) {
    if (event.other(i).name() != "data") continue;
    ReadData(event.other(i).json(), &event);
    event.mutable_other()->DeleteSubrange(i, 1);
    break;
  }
  return event;
}

std::string EventToJson(const v1::Event& event) {
  v1::Event envelope;
  if (event.has_event_id()) envelope.set_event_id(event.event_id());
  if (event.has_target_name()) envelope.set_target_name(event.target_name());
  if (event.has_event_type()) envelope.set_event_type(event.event_type());
  std::string json = ToJson(envelope);
  json.pop_back();
  AppendMemberName("data", &json);
  json += DataToJson(event);
  // The same of what comes behind `data`.
  v1::Event rest;
  if (event.has_timestamp()) *rest.mutable_timestamp() = event.timestamp();
  *rest.mutable_other() = event.other();
  const std::string end = ToJson(rest);
  if (end == "{}") return json + "}";
  return absl::StrCat(json, ",", absl::string_view(end).substr(1));
}

std::string EnvelopeOf(const EventView& event) {
  std::string_view project = event.source();
  if (project.starts_with(kSourcePrefix)) {
    project.remove_prefix(kSourcePrefix.size());
  }
  std::string target = absl::StrCat("projects/", ToAbsl(project));
  if (!event.subject().empty()) {
    absl::StrAppend(&target, "/devices/", ToAbsl(event.subject()));
  }
  std::string json = "{";
  const auto add_text = [&](std::string_view name, std::string_view text) {
    AppendMemberName(name, &json);
    AppendJsonLineString(text, &json);
  };
  add_text("eventId", event.id());
  add_text("targetName", target);
  add_text("eventType", event.type());
  AppendMemberName("data", &json);
  json += event.data().empty() ? "null" : event.data();
  if (event.has_time()) {
    std::string time = Rfc3339Micros(event.time());
    if (event.time_unix_nanos() % 1000 != 0) {
      time.clear();
      AppendRfc3339(event.time_unix_nanos(), &time);
    }
    add_text("timestamp", time);
  }
  return json + "}";
}

absl::StatusOr<v1::Event> TypedEvent(const EventView& event) {
  if (!event.source().starts_with(kSourcePrefix)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the event's source is \"", ToAbsl(event.source()),
                     "\", not a project of Disruptive Technologies"));
  }
  return EventFromJson(EnvelopeOf(event));
}

}  // namespace sluice::disruptive
