// How messages look in a configuration file; shared by what reads them and what
// describes them.
#ifndef PIPELINE_TOPOLOGY_MESSAGE_SHAPE_H_
#define PIPELINE_TOPOLOGY_MESSAGE_SHAPE_H_

#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace sluice {

bool IsDuration(const google::protobuf::FieldDescriptor& field);
bool IsTimestamp(const google::protobuf::FieldDescriptor& field);
// A number that may be written "10GiB".
bool IsByteSize(const google::protobuf::FieldDescriptor& field);
// A reference to a secret.
bool IsSecret(const google::protobuf::Descriptor& type);

// Where `component` keeps its plugin; null: it is an ordinary message.
const google::protobuf::FieldDescriptor* PluginField(
    const google::protobuf::Descriptor& component);

// The field that a single value is short for, or null.
const google::protobuf::FieldDescriptor* OnlyField(
    const google::protobuf::Descriptor& type);

// The names of an enum's values as the file has them, in order of declaration;
// what is unspecified cannot be written.
std::vector<
    std::pair<std::string, const google::protobuf::EnumValueDescriptor*>>
EnumNames(const google::protobuf::EnumDescriptor& type);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_MESSAGE_SHAPE_H_
