#include "plugins/disruptive/typed_json.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "pipeline/json/json_value.h"
#include "pipeline/json/json_view.h"
#include "proto/disruptive/v1/device.pb.h"
#include "proto/disruptive/v1/json_member.pb.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

constexpr char kOther[] = "other";
// Messages that are not read as objects.
bool IsTimestamp(const Descriptor* type) {
  return type == Timestamp::descriptor();
}

// --- Reading

std::optional<double> ReadNumber(std::string_view json) {
  double number = 0;
  // Words such as inf are no JSON.
  if (json.empty() || (json[0] != '-' && !absl::ascii_isdigit(json[0])) ||
      !absl::SimpleAtod(ToAbsl(json), &number) || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<int64_t> ReadInteger(std::string_view json) {
  int64_t integer = 0;
  if (absl::SimpleAtoi(ToAbsl(json), &integer)) return integer;
  const std::optional<double> number = ReadNumber(json);
  constexpr double kExact = 9007199254740992;  // 2^53
  if (!number.has_value() || std::abs(*number) > kExact ||
      std::trunc(*number) != *number) {
    return std::nullopt;
  }
  return static_cast<int64_t>(*number);
}

// "proximityCounter" of PROXIMITY_COUNTER.
std::string LowerCamel(std::string_view name) {
  std::string camel;
  bool upper = false;
  for (const char c : name) {
    if (c != '_') {
      camel += upper ? c : absl::ascii_tolower(static_cast<unsigned char>(c));
    }
    upper = c == '_';
  }
  return camel;
}

std::string Word(const EnumValueDescriptor* value) {
  return value->type() == v1::Device::Type_descriptor()
             ? LowerCamel(value->name())
             : value->name();
}

const EnumValueDescriptor* FindWord(const EnumDescriptor* type,
                                    std::string_view word) {
  // The first one is "unspecified", which is not said.
  for (int i = 1; i < type->value_count(); ++i) {
    if (Word(type->value(i)) == word) return type->value(i);
  }
  return nullptr;
}

bool ReadMessage(std::string_view json, Message* message) {
  if (!IsTimestamp(message->GetDescriptor())) {
    return FromJson(json, message).ok();
  }
  const std::optional<std::string> text = ReadJsonText(json);
  if (!text.has_value()) return false;
  const std::optional<int64_t> nanos = ParseRfc3339(*text);
  if (!nanos.has_value()) return false;
  const absl::Time time = absl::FromUnixNanos(*nanos);
  const int64_t seconds = absl::ToUnixSeconds(time);
  auto* stamp = static_cast<Timestamp*>(message);
  stamp->set_seconds(seconds);
  stamp->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return true;
}

// Each of these is false when `json` does not fit the field.
bool ReadMap(std::string_view json, const FieldDescriptor* field,
             Message* message) {
  const Reflection* reflection = message->GetReflection();
  const FieldDescriptor* key = field->message_type()->map_key();
  const FieldDescriptor* value = field->message_type()->map_value();
  return ForEachMember(
             json,
             [&](std::string_view name, std::string_view item) {
               const std::optional<std::string> text = ReadJsonText(item);
               if (!text.has_value())
                 return absl::InvalidArgumentError("no text");
               Message* entry = reflection->AddMessage(message, field);
               entry->GetReflection()->SetString(entry, key, std::string(name));
               entry->GetReflection()->SetString(entry, value, *text);
               return absl::OkStatus();
             })
      .ok();
}

bool ReadList(std::string_view json, const FieldDescriptor* field,
              Message* message) {
  const Reflection* reflection = message->GetReflection();
  return ForEachElement(
             json,
             [&](std::string_view item) {
               bool fits = false;
               if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
                 fits =
                     ReadMessage(item, reflection->AddMessage(message, field));
               } else if (const auto text = ReadJsonText(item)) {
                 fits = true;
                 reflection->AddString(message, field, *text);
               }
               return fits ? absl::OkStatus()
                           : absl::InvalidArgumentError("does not fit");
             })
      .ok();
}

bool ReadField(std::string_view json, const FieldDescriptor* field,
               Message* message) {
  const Reflection* reflection = message->GetReflection();
  if (field->is_map()) return ReadMap(json, field, message);
  if (field->is_repeated()) return ReadList(json, field, message);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::optional<std::string> text = ReadJsonText(json);
      if (!text.has_value()) return false;
      reflection->SetString(message, field, *std::move(text));
      return true;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const std::optional<double> number = ReadNumber(json);
      if (number.has_value()) reflection->SetDouble(message, field, *number);
      return number.has_value();
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const std::optional<int64_t> number = ReadInteger(json);
      if (number.has_value()) reflection->SetInt64(message, field, *number);
      return number.has_value();
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (json != "true" && json != "false") return false;
      reflection->SetBool(message, field, json == "true");
      return true;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const std::optional<std::string> word = ReadJsonText(json);
      const EnumValueDescriptor* value =
          word.has_value() ? FindWord(field->enum_type(), *word) : nullptr;
      if (value != nullptr) reflection->SetEnum(message, field, value);
      return value != nullptr;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(json, reflection->MutableMessage(message, field));
    default:
      return false;
  }
}

bool IsApart(const FieldDescriptor* field) {
  return field->options().GetExtension(v1::apart);
}

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                              : reflection->HasField(message, field);
}

// The field of a JSON member; null: it has none.
const FieldDescriptor* FindField(const Descriptor* type,
                                 std::string_view name) {
  const FieldDescriptor* field =
      type->FindFieldByCamelcaseName(std::string(name));
  return field == nullptr || field->name() == kOther || IsApart(field) ? nullptr
                                                                       : field;
}

void Keep(std::string_view name, std::string_view json, Message* message) {
  const FieldDescriptor* other =
      message->GetDescriptor()->FindFieldByName(kOther);
  if (other == nullptr) return;
  auto* member = static_cast<v1::JsonMember*>(
      message->GetReflection()->AddMessage(message, other));
  member->set_name(std::string(name));
  member->set_json(std::string(json));
}

// --- Writing

void AppendMessage(const Message& message, EmptyLists empty_lists,
                   std::string* out);

void AppendTimestamp(const Timestamp& stamp, std::string* out) {
  const absl::Time time =
      absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
  if (stamp.nanos() % 1000 == 0) {
    absl::StrAppend(out, "\"", Rfc3339Micros(time), "\"");
    return;
  }
  *out += '"';
  AppendRfc3339(absl::ToUnixNanos(time), out);
  *out += '"';
}

void AppendSubmessage(const Message& message, EmptyLists empty_lists,
                      std::string* out) {
  if (IsTimestamp(message.GetDescriptor())) {
    AppendTimestamp(static_cast<const Timestamp&>(message), out);
  } else {
    AppendMessage(message, empty_lists, out);
  }
}

void AppendMap(const Message& message, const FieldDescriptor* field,
               std::string* out) {
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* key = field->message_type()->map_key();
  const FieldDescriptor* value = field->message_type()->map_value();
  // Sorted, so that the same message gives the same text.
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field, i);
    entries.emplace_back(entry.GetReflection()->GetString(entry, key),
                         entry.GetReflection()->GetString(entry, value));
  }
  std::sort(entries.begin(), entries.end());
  *out += '{';
  for (const auto& [name, text] : entries) {
    AppendMemberName(name, out);
    AppendJsonLineString(text, out);
  }
  *out += '}';
}

void AppendList(const Message& message, const FieldDescriptor* field,
                EmptyLists empty_lists, std::string* out) {
  const Reflection* reflection = message.GetReflection();
  *out += '[';
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    if (i > 0) *out += ',';
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendSubmessage(reflection->GetRepeatedMessage(message, field, i),
                       empty_lists, out);
    } else {
      AppendJsonLineString(reflection->GetRepeatedString(message, field, i),
                           out);
    }
  }
  *out += ']';
}

void AppendField(const Message& message, const FieldDescriptor* field,
                 EmptyLists empty_lists, std::string* out) {
  const Reflection* reflection = message.GetReflection();
  if (field->is_map()) return AppendMap(message, field, out);
  if (field->is_repeated()) return AppendList(message, field, empty_lists, out);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendJsonLineString(reflection->GetString(message, field), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return AppendJsonNumber(reflection->GetDouble(message, field), out);
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrAppend(out, reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      *out += reflection->GetBool(message, field) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      *out +=
          absl::StrCat("\"", Word(reflection->GetEnum(message, field)), "\"");
      return;
    default:
      return AppendSubmessage(reflection->GetMessage(message, field),
                              empty_lists, out);
  }
}

bool IsKept(const Message& message, const FieldDescriptor* other,
            std::string_view name) {
  if (other == nullptr) return false;
  const Reflection* reflection = message.GetReflection();
  for (int i = 0; i < reflection->FieldSize(message, other); ++i) {
    if (static_cast<const v1::JsonMember&>(
            reflection->GetRepeatedMessage(message, other, i))
            .name() == name) {
      return true;
    }
  }
  return false;
}

void AppendMessage(const Message& message, EmptyLists empty_lists,
                   std::string* out) {
  const Descriptor* type = message.GetDescriptor();
  const FieldDescriptor* other = type->FindFieldByName(kOther);
  *out += '{';
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field == other || IsApart(field)) continue;
    const std::string& name = field->camelcase_name();
    // Empty lists are written, others that are not set are not.
    if (!IsSet(message, field) &&
        (!field->is_repeated() || empty_lists == EmptyLists::kOmit ||
         field->options().GetExtension(v1::omit_empty) ||
         IsKept(message, other, name))) {
      continue;
    }
    AppendMemberName(name, out);
    AppendField(message, field, empty_lists, out);
  }
  if (other != nullptr) {
    const Reflection* reflection = message.GetReflection();
    for (int i = 0; i < reflection->FieldSize(message, other); ++i) {
      const auto& member = static_cast<const v1::JsonMember&>(
          reflection->GetRepeatedMessage(message, other, i));
      AppendMemberName(member.name(), out);
      *out += member.json();
    }
  }
  *out += '}';
}

}  // namespace

absl::Status ForEachMember(
    std::string_view json,
    const std::function<absl::Status(std::string_view, std::string_view)>&
        take) {
  SLUICE_ASSIGN_OR_RETURN(const JsonView object, JsonView::Parse(json));
  if (!object.is_object()) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  absl::Status status;
  object.ForEachMember([&](const JsonView& name, const JsonView& value) {
    if (!status.ok()) return;
    std::string room;
    status = take(name.StringIn(&room), value.text());
  });
  return status;
}

absl::Status ForEachElement(
    std::string_view json,
    const std::function<absl::Status(std::string_view)>& take) {
  SLUICE_ASSIGN_OR_RETURN(const JsonView array, JsonView::Parse(json));
  if (!array.is_array()) {
    return absl::InvalidArgumentError("not a JSON array");
  }
  for (const JsonView& element : array.elements()) {
    SLUICE_RETURN_IF_ERROR(take(element.text()));
  }
  return absl::OkStatus();
}

void AppendMemberName(std::string_view name, std::string* out) {
  if (!out->ends_with('{')) *out += ',';
  AppendJsonLineString(name, out);
  *out += ':';
}

std::optional<std::string> ReadJsonText(std::string_view json) {
  const absl::StatusOr<JsonView> text = JsonView::Parse(json);
  return text.ok() ? text->AsString() : std::nullopt;
}

absl::Status FromJson(std::string_view json, Message* message) {
  message->Clear();
  const Descriptor* type = message->GetDescriptor();
  return ForEachMember(json,
                       [&](std::string_view name, std::string_view value) {
                         const FieldDescriptor* field = FindField(type, name);
                         // Of members that come twice the first one counts.
                         if (field != nullptr && !IsSet(*message, field)) {
                           if (ReadField(value, field, message))
                             return absl::OkStatus();
                           message->GetReflection()->ClearField(message, field);
                         }
                         Keep(name, value, message);
                         return absl::OkStatus();
                       });
}

std::string ToJson(const Message& message, EmptyLists empty_lists) {
  std::string json;
  AppendMessage(message, empty_lists, &json);
  return json;
}

}  // namespace sluice::disruptive
