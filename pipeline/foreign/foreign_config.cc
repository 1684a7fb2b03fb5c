#include "pipeline/foreign/foreign_config.h"

#include <climits>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

// What is wrong with the first file that is.
class FirstError final : public DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element,
                const google::protobuf::Message*, ErrorLocation,
                const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(file, ": ", element, ": ", message);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status AddFiles(const FileDescriptorSet& files, DescriptorPool* pool) {
  for (const FileDescriptorProto& file : files.file()) {
    FirstError error;
    if (pool->BuildFileCollectingErrors(file, &error) == nullptr) {
      return absl::InvalidArgumentError(error.text());
    }
  }
  return absl::OkStatus();
}

// Duration and Timestamp are filled field by field, so they have to be what
// their names say.
bool IsTimeOfAnotherShape(const Descriptor& message) {
  if (message.full_name() != "google.protobuf.Duration" &&
      message.full_name() != "google.protobuf.Timestamp") {
    return false;
  }
  const FieldDescriptor* seconds = message.FindFieldByName("seconds");
  const FieldDescriptor* nanos = message.FindFieldByName("nanos");
  return seconds == nullptr || seconds->is_repeated() ||
         seconds->type() != FieldDescriptor::TYPE_INT64 || nanos == nullptr ||
         nanos->is_repeated() || nanos->type() != FieldDescriptor::TYPE_INT32;
}

// Goes through `message` and all that its fields lead to.
absl::Status CheckTypes(const Descriptor& message,
                        std::set<const Descriptor*>* seen) {
  if (!seen->insert(&message).second) return absl::OkStatus();
  if (IsTimeOfAnotherShape(message)) {
    return absl::InvalidArgumentError(absl::StrCat(
        message.full_name(), " is described otherwise than Protobuf has it"));
  }
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.is_required()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field.full_name(),
                       " is a required field; a configuration must have none"));
    }
    if (field.message_type() != nullptr) {
      SLUICE_RETURN_IF_ERROR(CheckTypes(*field.message_type(), seen));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ForeignConfig>> ForeignConfig::Create(
    std::string_view files, std::string_view message) {
  FileDescriptorSet set;
  if (files.size() > INT_MAX ||
      !set.ParseFromArray(files.data(), static_cast<int>(files.size()))) {
    return absl::InvalidArgumentError(
        "the description of its configuration is no FileDescriptorSet");
  }
  std::shared_ptr<ForeignConfig> config(new ForeignConfig());
  SLUICE_RETURN_IF_ERROR(AddFiles(set, &config->pool_));
  const Descriptor* type =
      config->pool_.FindMessageTypeByName(std::string(message));
  if (type == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the description of its configuration has no message \"",
                     std::string(message), "\""));
  }
  // Protobuf writes its key and value even when nothing is set.
  if (type->options().map_entry()) {
    return absl::InvalidArgumentError(absl::StrCat(
        type->full_name(), " is an entry of a map, not a configuration"));
  }
  std::set<const Descriptor*> seen;
  SLUICE_RETURN_IF_ERROR(CheckTypes(*type, &seen));
  config->prototype_ = config->factory_.GetPrototype(type);
  return config;
}

}  // namespace sluice
