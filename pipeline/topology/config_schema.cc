#include "pipeline/topology/config_schema.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "pipeline/topology/message_reader.h"
#include "pipeline/topology/message_shape.h"
#include "pipeline/topology/spec_builder.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

// A variable may stand in any value.
object Variable() { return {{"type", "string"}, {"pattern", "\\$\\{"}}; }

object OrVariable(object schema) {
  return {{"anyOf", array{std::move(schema), Variable()}}};
}

object Text(std::string_view pattern) {
  return OrVariable({{"type", "string"}, {"pattern", std::string(pattern)}});
}

object Whole(bool is_signed) {
  object number{{"type", "integer"}};
  if (!is_signed) number["minimum"] = 0;
  // Quotes make no difference to the reader.
  return {{"anyOf", array{std::move(number),
                          object{{"type", "string"},
                                 {"pattern", is_signed ? "^[+-]?[0-9]+$|\\$\\{"
                                                       : "^[0-9]+$|\\$\\{"}}}}};
}

object Words(const google::protobuf::EnumDescriptor& type) {
  array names;
  for (const auto& [name, unused] : EnumNames(type)) names.emplace_back(name);
  return OrVariable({{"enum", std::move(names)}});
}

class SchemaBuilder {
 public:
  explicit SchemaBuilder(const PluginRegistry& registry)
      : plugins_(MakePluginTable(registry)) {}

  object Build() {
    object root = Fields(*config::v1::Config::descriptor());
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    root["title"] = "Configuration of Sluice";
    root["type"] = "object";
    // A place for anchors.
    root["patternProperties"] = object{{"^x-", object()}};
    root["$defs"] = std::move(definitions_);
    return root;
  }

 private:
  // A reference to the definition of `type`.
  object Reference(const Descriptor& type) {
    const auto [known, is_new] = names_.emplace(&type, type.full_name());
    if (is_new) {
      // Types of loaded plugins may have the names of others.
      for (int i = 2; definitions_.contains(known->second); ++i) {
        known->second = absl::StrCat(type.full_name(), "_", i);
      }
      definitions_[known->second] = nullptr;  // It may contain itself.
      object definition = Define(type);
      definitions_[known->second] = std::move(definition);
    }
    return {{"$ref", absl::StrCat("#/$defs/", known->second)}};
  }

  object Define(const Descriptor& type) {
    object fields = Fields(type);
    if (IsSecret(type)) {
      fields["type"] = "object";
      fields["minProperties"] = fields["maxProperties"] = 1;
      return fields;
    }
    if (PluginField(type) != nullptr) {
      fields["type"] = "object";
      return fields;
    }
    fields["type"] = array{"object", "null"};
    const FieldDescriptor* only = OnlyField(type);
    if (only == nullptr || only->message_type() != nullptr) return fields;
    return {{"anyOf", array{std::move(fields), Scalar(*only)}}};
  }

  object Fields(const Descriptor& type) {
    object properties;
    const FieldDescriptor* plugin_field = PluginField(type);
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (&field != plugin_field) properties[field.name()] = Field(field);
    }
    object schema;
    if (plugin_field != nullptr) schema["oneOf"] = Plugins(type, properties);
    schema["properties"] = std::move(properties);
    schema["additionalProperties"] = false;
    if (array exclusive = Exclusive(type); !exclusive.empty()) {
      schema["allOf"] = std::move(exclusive);
    }
    return schema;
  }

  // Adds each plugin to `properties`; one of them is required.
  array Plugins(const Descriptor& component, object& properties) {
    array one_of;
    for (const std::string& name : plugins_->Names(component)) {
      const auto config = plugins_->NewConfig(component, name);
      properties[name] = Reference(*config->GetDescriptor());
      one_of.push_back(object{{"required", array{value(name)}}});
    }
    return one_of;
  }

  // Of the fields of a oneof, one at most.
  static array Exclusive(const Descriptor& type) {
    array rules;
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      const OneofDescriptor& oneof = *type.oneof_decl(i);
      for (int a = 0; a < oneof.field_count(); ++a) {
        for (int b = a + 1; b < oneof.field_count(); ++b) {
          rules.push_back(object{
              {"not",
               object{{"required", array{value(oneof.field(a)->name()),
                                         value(oneof.field(b)->name())}}}}});
        }
      }
    }
    return rules;
  }

  object Field(const FieldDescriptor& field) {
    if (field.is_map()) {
      const FieldDescriptor& mapped = *field.message_type()->map_value();
      return {
          {"type", array{"object", "null"}},
          {"additionalProperties",
           object{{"anyOf", array{Item(mapped), object{{"type", "null"}}}}}}};
    }
    if (!field.is_repeated()) return Item(field);
    object list{{"type", "array"}, {"items", Item(field)}};
    return {{"anyOf", array{std::move(list), Item(field)}}};
  }

  object Item(const FieldDescriptor& field) {
    if (field.message_type() == nullptr || IsDuration(field) ||
        IsTimestamp(field)) {
      return Scalar(field);
    }
    return Reference(*field.message_type());
  }

  static object Scalar(const FieldDescriptor& field) {
    if (IsDuration(field)) {
      return {{"anyOf", array{Text("^([0-9.]+(ms|us|ns|d|h|m|s))+$|^0$"),
                              object{{"const", 0}}}}};
    }
    // YAML itself may take a moment for more than text.
    if (IsTimestamp(field)) return Text("^[0-9]{4}-");
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return {{"anyOf",
                 array{object{{"type", "boolean"}}, Text("^(true|false)$")}}};
      case FieldDescriptor::CPPTYPE_STRING:
        return {{"type", array{"string", "number", "boolean"}}};
      case FieldDescriptor::CPPTYPE_ENUM:
        return Words(*field.enum_type());
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        return {{"anyOf", array{object{{"type", "number"}},
                                Text("^[+-]?[0-9.]+([eE][+-]?[0-9]+)?$")}}};
      default:
        break;
    }
    if (IsByteSize(field)) {
      return {{"anyOf", array{object{{"type", "integer"}, {"minimum", 0}},
                              Text("^[0-9]+ *([kMGT]?B|[KMGT]iB)?$")}}};
    }
    return Whole(field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                 field.cpp_type() == FieldDescriptor::CPPTYPE_INT64);
  }

  const std::unique_ptr<PluginTable> plugins_;
  std::map<const Descriptor*, std::string> names_;
  object definitions_;
};

}  // namespace

object ConfigSchema(const PluginRegistry& registry) {
  return SchemaBuilder(registry).Build();
}

}  // namespace sluice
