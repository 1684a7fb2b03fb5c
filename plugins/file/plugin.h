// Registers the sink `file`.
#ifndef PLUGINS_FILE_PLUGIN_H_
#define PLUGINS_FILE_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/file/rotating_file.h"

namespace sluice::file {

// kAlreadyExists: the name is taken.
absl::Status RegisterFile(PluginRegistry& registry);
// The same with other system calls, for tests.
absl::Status RegisterFile(PluginRegistry& registry, const FileCalls& calls);

}  // namespace sluice::file

#endif  // PLUGINS_FILE_PLUGIN_H_
