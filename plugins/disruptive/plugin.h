// Registers the source "disruptive".
#ifndef PLUGINS_DISRUPTIVE_PLUGIN_H_
#define PLUGINS_DISRUPTIVE_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::disruptive {

// The events of a Disruptive Technologies project as the source "disruptive".
//   kAlreadyExists: there is a source of that name.
absl::Status RegisterDisruptive(PluginRegistry& registry);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_PLUGIN_H_
