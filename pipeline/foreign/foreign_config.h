// Configuration messages whose types are not compiled in: a plugin that comes
// from outside the binary describes them.
#ifndef PIPELINE_FOREIGN_FOREIGN_CONFIG_H_
#define PIPELINE_FOREIGN_FOREIGN_CONFIG_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice {

// The configuration type of one plugin, made of its description at run time.
//
// Messages made of it live at most as long as it; MakeForeignEntry() sees to
// that. Thread-safety: as Protobuf's own pools; New() of the prototype may be
// called from any thread.
class ForeignConfig {
 public:
  // `files`: a serialized FileDescriptorSet with every file after those it
  // imports. `message`: the full name of a message in it.
  //   kInvalidArgument: `files` cannot be read, a file of it is wrong, there is
  //   no such message, it has required fields (a configuration without them
  //   would be refused without saying where), or Protobuf's own Duration or
  //   Timestamp in another shape.
  static absl::StatusOr<std::shared_ptr<const ForeignConfig>> Create(
      std::string_view files, std::string_view message);

  // An empty configuration.
  const google::protobuf::Message& prototype() const { return *prototype_; }

 private:
  ForeignConfig() = default;

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::Message* prototype_ = nullptr;
};

// An entry of the plugin table with this configuration; the caller adds
// `create`.
template <typename Component>
PluginEntry<Component> MakeForeignEntry(
    std::shared_ptr<const ForeignConfig> config, std::string_view summary) {
  PluginEntry<Component> entry;
  entry.config.reset(config->prototype().New());
  entry.config_type = std::move(config);
  entry.summary = std::string(summary);
  return entry;
}

}  // namespace sluice

#endif  // PIPELINE_FOREIGN_FOREIGN_CONFIG_H_
