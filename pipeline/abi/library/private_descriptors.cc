#include "pipeline/abi/library/private_descriptors.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::abi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptorProto;
using google::protobuf::ServiceDescriptorProto;
using Names = std::set<std::string, std::less<>>;

std::string Joined(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : absl::StrCat(scope, ".", name);
}

void AddNames(const DescriptorProto& message, const std::string& scope,
              Names* names) {
  const std::string name = Joined(scope, message.name());
  names->insert(name);
  for (const DescriptorProto& nested : message.nested_type()) {
    AddNames(nested, name, names);
  }
  for (const EnumDescriptorProto& nested : message.enum_type()) {
    names->insert(Joined(name, nested.name()));
  }
}

// Puts `prefix` before references to `names`.
class Renamer {
 public:
  Renamer(const std::string& prefix, const Names& names)
      : prefix_(prefix), names_(names) {}

  void Rename(DescriptorProto* message) const {
    for (FieldDescriptorProto& field : *message->mutable_field()) {
      Rename(&field);
    }
    for (FieldDescriptorProto& field : *message->mutable_extension()) {
      Rename(&field);
    }
    for (DescriptorProto& nested : *message->mutable_nested_type()) {
      Rename(&nested);
    }
  }
  void Rename(FieldDescriptorProto* field) const {
    if (field->has_type_name()) Rename(field->mutable_type_name());
    if (field->has_extendee()) Rename(field->mutable_extendee());
  }
  void Rename(ServiceDescriptorProto* service) const {
    for (MethodDescriptorProto& method : *service->mutable_method()) {
      Rename(method.mutable_input_type());
      Rename(method.mutable_output_type());
    }
  }

 private:
  // Compiled descriptors have absolute names, ".package.Message".
  void Rename(std::string* reference) const {
    if (reference->empty() || !names_.contains(reference->substr(1))) return;
    *reference = absl::StrCat(".", prefix_, *reference);
  }

  const std::string& prefix_;
  const Names& names_;
};

void AddWithImports(const PrivateDescriptors& descriptors,
                    const FileDescriptor& file,
                    std::set<const FileDescriptor*>* seen,
                    FileDescriptorSet* set) {
  if (!seen->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddWithImports(descriptors, *file.dependency(i), seen, set);
  }
  *set->add_file() = descriptors.Original(file);
}

// Takes the first prefix that is free, by registering an empty file under it.
std::string TakePrefix() {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  FileDescriptorProto mark;
  std::string prefix;
  int number = 0;
  do {
    prefix = absl::StrCat("sluice_plugin_", ++number);
    mark.set_name(absl::StrCat(prefix, "/taken"));
  } while (pool.FindFileByName(mark.name()) != nullptr);
  // The pool keeps no copy.
  static const std::string* const bytes =
      new std::string(mark.SerializeAsString());
  DescriptorPool::InternalAddGeneratedFile(bytes->data(),
                                           static_cast<int>(bytes->size()));
  return prefix;
}

}  // namespace

PrivateDescriptors& PrivateDescriptors::OfThisLibrary() {
  static PrivateDescriptors* const descriptors =
      new PrivateDescriptors(TakePrefix());
  return *descriptors;
}

const PrivateDescriptors::File& PrivateDescriptors::Rename(
    std::string_view original) {
  FileDescriptorProto file;
  file.ParseFromString(std::string(original));
  const std::string name = file.name();
  for (const DescriptorProto& message : file.message_type()) {
    AddNames(message, file.package(), &types_);
  }
  for (const EnumDescriptorProto& type : file.enum_type()) {
    types_.insert(Joined(file.package(), type.name()));
  }
  file.set_name(absl::StrCat(prefix_, "/", name));
  file.set_package(file.package().empty() ? prefix_
                                          : Joined(prefix_, file.package()));
  for (std::string& import : *file.mutable_dependency()) {
    if (files_.contains(import)) import = absl::StrCat(prefix_, "/", import);
  }
  const Renamer renamer(prefix_, types_);
  for (auto& message : *file.mutable_message_type()) renamer.Rename(&message);
  for (auto& field : *file.mutable_extension()) renamer.Rename(&field);
  for (auto& service : *file.mutable_service()) renamer.Rename(&service);
  Renamed renamed;
  renamed.file = {file.name(), file.SerializeAsString()};
  renamed.original = std::string(original);
  return files_.insert_or_assign(name, std::move(renamed)).first->second.file;
}

FileDescriptorProto PrivateDescriptors::Original(
    const FileDescriptor& file) const {
  FileDescriptorProto original;
  const std::string prefix = absl::StrCat(prefix_, "/");
  if (absl::StartsWith(file.name(), prefix)) {
    original.ParseFromString(
        files_.at(file.name().substr(prefix.size())).original);
  } else {
    file.CopyTo(&original);
  }
  return original;
}

std::string PrivateDescriptors::OriginalName(const Descriptor& message) const {
  const std::string prefix = absl::StrCat(prefix_, ".");
  return absl::StartsWith(message.full_name(), prefix)
             ? message.full_name().substr(prefix.size())
             : message.full_name();
}

std::string DescribeFiles(const PrivateDescriptors& descriptors,
                          const Descriptor& message) {
  FileDescriptorSet set;
  std::set<const FileDescriptor*> seen;
  AddWithImports(descriptors, *message.file(), &seen, &set);
  return set.SerializeAsString();
}

}  // namespace sluice::abi
