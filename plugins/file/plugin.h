// Registers the sink `file`.
#ifndef PLUGINS_FILE_PLUGIN_H_
#define PLUGINS_FILE_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::file {

// kAlreadyExists: the name is taken.
absl::Status RegisterFile(PluginRegistry& registry);

}  // namespace sluice::file

#endif  // PLUGINS_FILE_PLUGIN_H_
