// Registers the transform `filter`.
#ifndef PLUGINS_FILTER_PLUGIN_H_
#define PLUGINS_FILTER_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::filter {

// kAlreadyExists: the name is taken.
absl::Status RegisterFilter(PluginRegistry& registry);

}  // namespace sluice::filter

#endif  // PLUGINS_FILTER_PLUGIN_H_
