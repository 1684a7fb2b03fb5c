// The description of a configuration, as a plugin from outside gives it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/message.h"
#include "pipeline/foreign/foreign_config.h"

namespace sluice {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;

// The full name of the last message that `files` describe.
std::string LastMessage(std::string_view files) {
  FileDescriptorSet set;
  set.ParsePartialFromString(std::string(files));
  std::string name;
  for (const FileDescriptorProto& file : set.file()) {
    if (file.message_type().empty()) continue;
    name = file.package().empty() ? "" : file.package() + ".";
    name += file.message_type().rbegin()->name();
  }
  return name;
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string_view files(reinterpret_cast<const char*>(data), size);
  const auto config = ForeignConfig::Create(files, LastMessage(files));
  if (!config.ok()) {
    CHECK(!config.status().message().empty());
    return 0;
  }
  const std::unique_ptr<Message> made((*config)->prototype().New());
  CHECK_EQ(made->SerializeAsString(), "");
  return 0;
}
