// One plugin of a library, and instances of it.
#ifndef PIPELINE_ABI_HOST_LIBRARY_PLUGIN_H_
#define PIPELINE_ABI_HOST_LIBRARY_PLUGIN_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/plugin_abi.h"

namespace sluice::abi {

// What a library says about one of its plugins, read with regard to the sizes
// of its structs: what it does not know is null.
struct LibraryPlugin {
  // For messages, e.g. "plugin acme of /opt/acme.so".
  std::string label;
  SluicePlugin plugin = {};
  // The one of its kind.
  SluiceSourceFunctions source = {};
  SluiceTransformFunctions transform = {};
  SluiceSinkFunctions sink = {};
};

using LibraryPluginPtr = std::shared_ptr<const LibraryPlugin>;

// Reads what `borrowed` leads to. `library` is for messages.
//   kInvalidArgument: something that it must have is not there; the message
//   says what.
absl::StatusOr<LibraryPluginPtr> ReadPlugin(const SluicePlugin* borrowed,
                                            const std::string& library);

// What a call that returned `code` said, with the field if it named one.
absl::Status ToStatus(SluiceCode code, const ErrorText& error);

// A component as the library made it.
//
// Thread-safety: none.
class Instance {
 public:
  // The errors of the plugin's own check of `config`, a serialized message;
  // ConfigError() where it named a field.
  static absl::StatusOr<Instance> Create(LibraryPluginPtr plugin,
                                         std::string_view config);

  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&&) = delete;
  // Destroys it in the library.
  ~Instance();

  const LibraryPlugin& plugin() const { return *plugin_; }
  void* get() const { return instance_; }
  // Leaves it to itself: something of it may still be running.
  void Abandon() { instance_ = nullptr; }

 private:
  Instance(LibraryPluginPtr plugin, void* instance)
      : plugin_(std::move(plugin)), instance_(instance) {}

  LibraryPluginPtr plugin_;
  void* instance_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_LIBRARY_PLUGIN_H_
