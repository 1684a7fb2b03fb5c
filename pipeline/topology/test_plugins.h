// A few plugins for tests of the loader.
#ifndef PIPELINE_TOPOLOGY_TEST_PLUGINS_H_
#define PIPELINE_TOPOLOGY_TEST_PLUGINS_H_

#include "pipeline/api/plugin_registry.h"

namespace sluice {

// Registers the source `ticker`, the transform `keep` and the sinks `post` and
// `null`. Their configurations are in test_plugins.proto. The instances do
// nothing.
//
// The factory of `keep` throws when `when` is "throw", and refuses "no" without
// naming a field.
void RegisterTestPlugins(PluginRegistry& registry);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_TEST_PLUGINS_H_
