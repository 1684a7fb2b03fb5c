// Registers the sink `inthing`.
#ifndef PLUGINS_INTHING_PLUGIN_H_
#define PLUGINS_INTHING_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::inthing {

//   kAlreadyExists: the name is taken.
absl::Status RegisterInthing(PluginRegistry& registry);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_PLUGIN_H_
