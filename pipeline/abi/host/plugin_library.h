// Plugins from shared objects (docs/plugin_abi.md).
#ifndef PIPELINE_ABI_HOST_PLUGIN_LIBRARY_H_
#define PIPELINE_ABI_HOST_PLUGIN_LIBRARY_H_

#include <string>

#include "absl/status/status.h"
#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::abi {

// Loads the shared object at `path` and adds its plugins to `registry`, all or
// none. It stays loaded as long as the process, so this may be done again with
// the same path, for another registry, and costs little then.
//
// Loading runs code of the library in this process: only a path that the
// operator chose may come here. Call it before other threads use Protobuf: the
// library registers its message types, which Protobuf does without a lock.
//
//   kInvalidArgument: it cannot be loaded, is no plugin library, was built for
//   another version of the ABI, or is not complete; the message says which and
//   what to do.
//   kFailedPrecondition: it is not loaded yet, and ForbidNewLibraries() was
//   called.
//   kAlreadyExists: `registry` has a plugin of that kind and name.
absl::Status LoadPluginLibrary(const std::string& path,
                               PluginRegistry& registry);

// From now on only libraries that are loaded can be used: other threads begin
// to run. Any thread.
void ForbidNewLibraries();

// The same as LoadPluginLibrary() for a library that is here already; `path` is
// for messages.
absl::Status AddPluginsOf(const SluicePluginLibrary& library,
                          const std::string& path, PluginRegistry& registry);

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_PLUGIN_LIBRARY_H_
