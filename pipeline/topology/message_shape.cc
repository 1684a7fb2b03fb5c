#include "pipeline/topology/message_shape.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace sluice {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->full_name() == "google.protobuf.Duration";
}

bool IsTimestamp(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->full_name() == "google.protobuf.Timestamp";
}

const FieldDescriptor* PluginField(const Descriptor& component) {
  const FieldDescriptor* field = component.FindFieldByName("plugin");
  if (field == nullptr || field->message_type() == nullptr ||
      field->message_type()->full_name() != "google.protobuf.Any") {
    return nullptr;
  }
  return field;
}

const FieldDescriptor* OnlyField(const Descriptor& type) {
  if (type.field_count() != 1 || type.field(0)->is_repeated()) return nullptr;
  return type.field(0);
}

std::vector<std::pair<std::string, const EnumValueDescriptor*>> EnumNames(
    const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) {
      prefix += '_';
    }
    prefix += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  prefix += '_';
  std::vector<std::pair<std::string, const EnumValueDescriptor*>> names;
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    const std::string lower = absl::AsciiStrToLower(value->name());
    if (absl::EndsWith(lower, "_unspecified") || lower == "unspecified") {
      continue;
    }
    names.emplace_back(absl::StripPrefix(lower, prefix), value);
  }
  return names;
}

bool IsByteSize(const FieldDescriptor& field) {
  return absl::EndsWith(field.name(), "_bytes");
}

bool IsSecret(const Descriptor& type) {
  return type.full_name() == "sluice.config.v1.Secret";
}

}  // namespace sluice
