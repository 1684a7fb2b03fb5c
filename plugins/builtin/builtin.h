// The plugins that are linked into the server.
#ifndef PLUGINS_BUILTIN_BUILTIN_H_
#define PLUGINS_BUILTIN_BUILTIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice {

// Registers all of them.
//   kAlreadyExists: two have the same kind and name.
absl::Status RegisterBuiltinPlugins(PluginRegistry& registry);

}  // namespace sluice

#endif  // PLUGINS_BUILTIN_BUILTIN_H_
