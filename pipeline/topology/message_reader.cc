#include "pipeline/topology/message_reader.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "pipeline/api/secret.h"
#include "pipeline/topology/message_shape.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

constexpr char kSecretHelp[] =
    "a secret is not written into the file; give {env: NAME} or {file: path}";

std::string WhatIsExpected(const FieldDescriptor& field) {
  if (IsDuration(field)) return "a length of time such as 24h";
  if (IsTimestamp(field)) return "a time such as 2024-05-01T12:00:00Z";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    case FieldDescriptor::CPPTYPE_ENUM:
      return "a word";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a map of fields";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "a number";
    default:
      return IsByteSize(field) ? "a number of bytes such as 10GiB"
                               : "a whole number";
  }
}

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "something else";
}

// One place of a message for one value: a singular field, or one more item of a
// repeated one.
class Slot {
 public:
  Slot(Message& message, const FieldDescriptor& field)
      : message_(message), field_(field) {}

  const FieldDescriptor& field() const { return field_; }

  Message& NewMessage() {
    return field_.is_repeated()
               ? *reflection().AddMessage(&message_, &field_)
               : *reflection().MutableMessage(&message_, &field_);
  }
  void Store(bool value) {
    Put(&Reflection::SetBool, &Reflection::AddBool, value);
  }
  void Store(std::string value) {
    if (field_.is_repeated()) {
      reflection().AddString(&message_, &field_, std::move(value));
    } else {
      reflection().SetString(&message_, &field_, std::move(value));
    }
  }
  void Store(const EnumValueDescriptor* value) {
    Put(&Reflection::SetEnum, &Reflection::AddEnum, value);
  }
  void StoreNumber(double value) {
    if (field_.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
      Put(&Reflection::SetFloat, &Reflection::AddFloat,
          static_cast<float>(value));
    } else {
      Put(&Reflection::SetDouble, &Reflection::AddDouble, value);
    }
  }
  // `value` is in the range of the field.
  void StoreSigned(int64_t value) {
    if (field_.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      Put(&Reflection::SetInt32, &Reflection::AddInt32,
          static_cast<int32_t>(value));
    } else {
      Put(&Reflection::SetInt64, &Reflection::AddInt64, value);
    }
  }
  void StoreUnsigned(uint64_t value) {
    if (field_.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      Put(&Reflection::SetUInt32, &Reflection::AddUInt32,
          static_cast<uint32_t>(value));
    } else {
      Put(&Reflection::SetUInt64, &Reflection::AddUInt64, value);
    }
  }

 private:
  const Reflection& reflection() const { return *message_.GetReflection(); }

  template <typename Method, typename Value>
  void Put(Method set, Method add, Value value) {
    (reflection().*(field_.is_repeated() ? add : set))(&message_, &field_,
                                                       value);
  }

  Message& message_;
  const FieldDescriptor& field_;
};

// Seconds and nanoseconds, for Duration and Timestamp alike.
void StoreSeconds(absl::Duration duration, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  absl::Duration rest;
  int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &rest);
  if (rest < absl::ZeroDuration()) {
    rest += absl::Seconds(1);
    --seconds;
  }
  reflection.SetInt64(&message, type.FindFieldByName("seconds"), seconds);
  reflection.SetInt32(&message, type.FindFieldByName("nanos"),
                      static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

class Reader {
 public:
  Reader(const PluginTable& plugins, const Environment& environment,
         ConfigProblems& problems)
      : plugins_(plugins), environment_(environment), problems_(problems) {}

  ReadResult Take() { return std::move(result_); }

  // `line` is where the message is named; its own may be another one's if it
  // is an alias.
  void ReadFields(const YamlNode& node, int line, const std::string& path,
                  Message& message) {
    result_.lines.Add(path, line);
    const Descriptor& type = *message.GetDescriptor();
    if (IsSecret(type)) {
      ReadSecretReference(node, line, path, message);
    } else if (node.kind == YamlNode::Kind::kMap) {
      ReadEntries(node, line, path, message);
    } else if (const FieldDescriptor* only = OnlyField(type);
               only != nullptr && node.kind == YamlNode::Kind::kScalar) {
      Slot slot(message, *only);
      ReadValue(node, line, path, slot);
    } else if (node.kind != YamlNode::Kind::kNull) {
      problems_.Add(
          line, path,
          absl::StrCat("must be a map, not ", Kind(node),
                       "; allowed keys: ", absl::StrJoin(KeysOf(type), ", ")));
    } else if (PluginField(type) != nullptr) {
      AddNoPlugin(line, path, type);
    }
  }

 private:
  static std::string Kind(const YamlNode& node) {
    return std::string(KindName(node.kind));
  }

  // What may stand in a message of this type.
  std::vector<std::string> KeysOf(const Descriptor& type) const {
    std::vector<std::string> keys;
    const FieldDescriptor* plugin = PluginField(type);
    for (int i = 0; i < type.field_count(); ++i) {
      if (type.field(i) != plugin) keys.push_back(type.field(i)->name());
    }
    if (plugin != nullptr) {
      for (std::string& name : plugins_.Names(type)) {
        keys.push_back(std::move(name));
      }
    }
    return keys;
  }

  void ReadEntries(const YamlNode& node, int line, const std::string& path,
                   Message& message) {
    const Descriptor& type = *message.GetDescriptor();
    const FieldDescriptor* plugin_field = PluginField(type);
    bool unknown_keys = false;
    std::vector<const YamlEntry*> plugin_entries;
    for (const YamlEntry& entry : node.entries) {
      const std::string entry_path = JoinKey(path, entry.key);
      const FieldDescriptor* field = type.FindFieldByName(entry.key);
      if (field != nullptr && field != plugin_field) {
        if (CheckOneof(entry, entry_path, *field, message)) {
          ReadField(entry, entry_path, *field, message);
        }
      } else if (plugin_field != nullptr &&
                 plugins_.NewConfig(type, entry.key) != nullptr) {
        plugin_entries.push_back(&entry);
      } else {
        unknown_keys = true;
        AddUnknownKey(entry, entry_path, type);
      }
    }
    if (plugin_field == nullptr) return;
    if (plugin_entries.size() == 1) {
      ReadPlugin(*plugin_entries.front(), path, *plugin_field, message);
    } else if (!plugin_entries.empty()) {
      AddManyPlugins(plugin_entries, path);
    } else if (!unknown_keys) {  // Else the plugin is likely the misspelt key.
      AddNoPlugin(line, path, type);
    }
  }

  void AddUnknownKey(const YamlEntry& entry, const std::string& path,
                     const Descriptor& type) {
    std::string message = "no such key";
    if (PluginField(type) != nullptr) {
      const std::string kind = plugins_.OtherKind(entry.key);
      if (!kind.empty()) {
        message = absl::StrCat("the plugin ", entry.key, " is ", kind,
                               " and has no place here");
      }
    }
    problems_.Add(entry.line, path,
                  absl::StrCat(message, Suggest(entry.key, KeysOf(type))));
  }

  void AddNoPlugin(int line, const std::string& path, const Descriptor& type) {
    problems_.Add(line, path,
                  absl::StrCat("no plugin is named; give one of: ",
                               absl::StrJoin(plugins_.Names(type), ", ")));
  }

  void AddManyPlugins(const std::vector<const YamlEntry*>& entries,
                      const std::string& path) {
    std::vector<std::string> names;
    for (const YamlEntry* entry : entries) names.push_back(entry->key);
    problems_.Add(entries[1]->line, path,
                  absl::StrCat("exactly one plugin is allowed, here are ",
                               names.size(), ": ", absl::StrJoin(names, ", ")));
  }

  void ReadPlugin(const YamlEntry& entry, const std::string& component_path,
                  const FieldDescriptor& plugin_field, Message& component) {
    std::shared_ptr<Message> config =
        plugins_.NewConfig(*component.GetDescriptor(), entry.key);
    const size_t problems_before = problems_.count();
    ReadFields(*entry.value, entry.line, JoinKey(component_path, entry.key),
               *config);
    auto& any = dynamic_cast<google::protobuf::Any&>(
        *component.GetReflection()->MutableMessage(&component, &plugin_field));
    any.PackFrom(*config);
    result_.plugins[component_path] = {entry.key, std::move(config),
                                       problems_.count() == problems_before};
  }

  bool CheckOneof(const YamlEntry& entry, const std::string& path,
                  const FieldDescriptor& field, const Message& message) {
    const OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof == nullptr ||
        !message.GetReflection()->HasOneof(message, oneof)) {
      return true;
    }
    std::vector<std::string> names;
    for (int i = 0; i < oneof->field_count(); ++i) {
      names.push_back(oneof->field(i)->name());
    }
    problems_.Add(entry.line, path,
                  absl::StrCat("only one of these is allowed: ",
                               absl::StrJoin(names, ", ")));
    return false;
  }

  void ReadField(const YamlEntry& entry, const std::string& path,
                 const FieldDescriptor& field, Message& message) {
    const YamlNode& value = *entry.value;
    Slot slot(message, field);
    if (field.is_map()) {
      result_.lines.Add(path, entry.line);
      ReadMap(entry, path, slot);
    } else if (!field.is_repeated() || value.kind == YamlNode::Kind::kScalar) {
      ReadValue(value, entry.line, path, slot);
    } else if (value.kind == YamlNode::Kind::kSequence) {
      result_.lines.Add(path, entry.line);
      for (size_t i = 0; i < value.items.size(); ++i) {
        const YamlNode& item = *value.items[i];
        ReadValue(item, item.line, JoinIndex(path, i), slot);
      }
    } else {
      problems_.Add(entry.line, path,
                    absl::StrCat("must be a list, each item ",
                                 WhatIsExpected(field), ", not ", Kind(value)));
    }
  }

  void ReadMap(const YamlEntry& entry, const std::string& path, Slot& slot) {
    const YamlNode& value = *entry.value;
    const Descriptor& pair = *slot.field().message_type();
    if (value.kind != YamlNode::Kind::kMap) {
      problems_.Add(entry.line, path,
                    absl::StrCat("must be a map from names to values, each ",
                                 WhatIsExpected(*pair.map_value()), ", not ",
                                 Kind(value)));
      return;
    }
    if (pair.map_key()->type() != FieldDescriptor::TYPE_STRING) {
      problems_.Add(entry.line, path,
                    "this version cannot read a map whose keys are no text");
      return;
    }
    for (const YamlEntry& item : value.entries) {
      Message& stored = slot.NewMessage();
      Slot(stored, *pair.map_key()).Store(item.key);
      Slot item_slot(stored, *pair.map_value());
      ReadValue(*item.value, item.line, JoinKey(path, item.key), item_slot);
    }
  }

  void ReadValue(const YamlNode& node, int line, const std::string& path,
                 Slot& slot) {
    const FieldDescriptor& field = slot.field();
    const bool is_time = IsDuration(field) || IsTimestamp(field);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_time) {
      ReadFields(node, line, path, slot.NewMessage());
      return;
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      result_.lines.Add(path, line);
      problems_.Add(
          line, path,
          node.kind == YamlNode::Kind::kNull
              ? absl::StrCat("no value is given; give ", WhatIsExpected(field),
                             " or leave the key out")
              : absl::StrCat("must be ", WhatIsExpected(field), ", not ",
                             Kind(node)));
      return;
    }
    result_.lines.Add(path, node.line);
    const std::optional<std::string> text = Expand(node, path);
    if (!text.has_value()) return;
    const absl::Status stored = StoreText(*text, slot);
    if (stored.ok()) return;
    // The text as it stands in the file: what a variable held is not shown.
    problems_.Add(node.line, path,
                  absl::StrCat(Quote(node.text), " is not allowed; ",
                               std::string(stored.message())));
  }

  std::optional<std::string> Expand(const YamlNode& node,
                                    const std::string& path) {
    if (node.text.find('\0') != std::string::npos) {
      problems_.Add(node.line, path, "the character NUL is not allowed");
      return std::nullopt;
    }
    absl::StatusOr<std::string> text =
        ExpandVariables(node.text, environment_,
                        [this](std::string_view name, std::string_view value) {
                          result_.variables.emplace_back(name, value);
                        });
    if (text.ok()) return *std::move(text);
    problems_.Add(node.line, path, std::string(text.status().message()));
    return std::nullopt;
  }

  // Errors say what is allowed.
  absl::Status StoreText(const std::string& text, Slot& slot) {
    switch (slot.field().cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return Keep(ParseBool(text), [&](bool v) { slot.Store(v); });
      case FieldDescriptor::CPPTYPE_STRING:
        slot.Store(text);
        return absl::OkStatus();
      case FieldDescriptor::CPPTYPE_ENUM:
        return StoreEnum(text, slot);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return StoreTime(text, slot);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Keep(ParseNumber(text), [&](double v) { slot.StoreNumber(v); });
      case FieldDescriptor::CPPTYPE_FLOAT:
        return StoreFloat(text, slot);
      default:
        return StoreInteger(text, slot);
    }
  }

  template <typename T, typename Store>
  static absl::Status Keep(const absl::StatusOr<T>& value, Store store) {
    if (value.ok()) store(*value);
    return value.status();
  }

  static absl::Status StoreEnum(const std::string& text, Slot& slot) {
    std::vector<std::string> choices;
    for (const auto& [name, value] : EnumNames(*slot.field().enum_type())) {
      if (name == text) {
        slot.Store(value);
        return absl::OkStatus();
      }
      choices.push_back(name);
    }
    std::string suggestion = Suggest(text, choices);
    return absl::InvalidArgumentError(absl::StripPrefix(suggestion, "; "));
  }

  static absl::Status StoreTime(const std::string& text, Slot& slot) {
    if (IsTimestamp(slot.field())) {
      return Keep(ParseTimestamp(text), [&](absl::Time v) {
        StoreSeconds(v - absl::UnixEpoch(), slot.NewMessage());
      });
    }
    return Keep(ParseDuration(text),
                [&](absl::Duration v) { StoreSeconds(v, slot.NewMessage()); });
  }

  static absl::Status StoreFloat(const std::string& text, Slot& slot) {
    const absl::StatusOr<double> number = ParseNumber(text);
    if (number.ok() && std::abs(*number) > std::numeric_limits<float>::max()) {
      return absl::InvalidArgumentError("must be less than 3.4e38");
    }
    return Keep(number, [&](double v) { slot.StoreNumber(v); });
  }

  static absl::Status StoreInteger(const std::string& text, Slot& slot) {
    const FieldDescriptor& field = slot.field();
    const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
                      field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
    const bool is_signed = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                           field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    if (IsByteSize(field)) {
      const absl::StatusOr<uint64_t> bytes = ParseByteSize(text);
      if (bytes.ok() && !wide &&
          *bytes > uint64_t{std::numeric_limits<int32_t>::max()}) {
        return absl::InvalidArgumentError("must be less than 2GiB");
      }
      return Keep(bytes, [&](uint64_t v) {
        is_signed ? slot.StoreSigned(static_cast<int64_t>(v))
                  : slot.StoreUnsigned(v);
      });
    }
    if (is_signed) {
      using Wide = std::numeric_limits<int64_t>;
      using Narrow = std::numeric_limits<int32_t>;
      return Keep(ParseSigned(text, wide ? Wide::min() : Narrow::min(),
                              wide ? Wide::max() : Narrow::max()),
                  [&](int64_t v) { slot.StoreSigned(v); });
    }
    return Keep(
        ParseUnsigned(text, wide ? std::numeric_limits<uint64_t>::max()
                                 : std::numeric_limits<uint32_t>::max()),
        [&](uint64_t v) { slot.StoreUnsigned(v); });
  }

  // Nothing of what stands in the wrong place is ever shown.
  void ReadSecretReference(const YamlNode& node, int line,
                           const std::string& path, Message& message) {
    if (node.kind != YamlNode::Kind::kMap) {
      problems_.Add(line, path, kSecretHelp);
      return;
    }
    const size_t problems_before = problems_.count();
    ReadEntries(node, line, path, message);
    if (problems_.count() != problems_before) return;
    // The type of a message in a foreign configuration is not the compiled one.
    config::v1::Secret secret;
    secret.ParseFromString(message.SerializeAsString());
    if (secret.env().empty() && secret.file().empty()) {
      problems_.Add(line, path, kSecretHelp);
      return;
    }
    const absl::StatusOr<std::string> value = ReadSecret(secret);
    if (!value.ok()) {
      problems_.Add(line, path, std::string(value.status().message()));
    }
  }

  const PluginTable& plugins_;
  const Environment& environment_;
  ConfigProblems& problems_;
  ReadResult result_;
};

}  // namespace

int FieldLines::Find(std::string_view path) const {
  while (true) {
    const auto found = lines_.find(path);
    if (found != lines_.end()) return found->second;
    const size_t end = path.find_last_of(".[");
    if (end == std::string_view::npos) break;
    path = path.substr(0, end);
  }
  const auto top = lines_.find("");
  return top == lines_.end() ? 0 : top->second;
}

ReadResult ReadMessage(const YamlNode& node, const PluginTable& plugins,
                       const Environment& environment, Message& message,
                       ConfigProblems& problems) {
  Reader reader(plugins, environment, problems);
  reader.ReadFields(node, node.line, "", message);
  return reader.Take();
}

}  // namespace sluice
