// Registers the source "lines".
#ifndef PLUGINS_LINES_PLUGIN_H_
#define PLUGINS_LINES_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::lines {

// Events as JSON lines or CloudEvents over TCP, a Unix socket, HTTP or the
// standard input, as the source "lines".
//   kAlreadyExists: there is a source of that name.
absl::Status RegisterLines(PluginRegistry& registry);

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_PLUGIN_H_
