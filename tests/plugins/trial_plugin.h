// Registers the sink `trial`, which does what a library makes difficult.
#ifndef TESTS_PLUGINS_TRIAL_PLUGIN_H_
#define TESTS_PLUGINS_TRIAL_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice {

absl::Status RegisterTrial(PluginRegistry& registry);

}  // namespace sluice

#endif  // TESTS_PLUGINS_TRIAL_PLUGIN_H_
