// Registers the source `replay`.
#ifndef PLUGINS_REPLAY_PLUGIN_H_
#define PLUGINS_REPLAY_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::replay {

// kAlreadyExists: the name is taken.
absl::Status RegisterReplay(PluginRegistry& registry);

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_PLUGIN_H_
