// Registers the source `generate`.
#ifndef PLUGINS_GENERATE_PLUGIN_H_
#define PLUGINS_GENERATE_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::generate {

// kAlreadyExists: the name is taken.
absl::Status RegisterGenerate(PluginRegistry& registry);

}  // namespace sluice::generate

#endif  // PLUGINS_GENERATE_PLUGIN_H_
