// Registers the sink `null`.
#ifndef PLUGINS_NULL_PLUGIN_H_
#define PLUGINS_NULL_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::null {

// kAlreadyExists: the name is taken.
absl::Status RegisterNull(PluginRegistry &registry);

}  // namespace sluice::null

#endif  // PLUGINS_NULL_PLUGIN_H_
