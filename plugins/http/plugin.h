// Registers the sink `http`.
#ifndef PLUGINS_HTTP_PLUGIN_H_
#define PLUGINS_HTTP_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::http {

// kAlreadyExists: the name is taken.
absl::Status RegisterHttp(PluginRegistry& registry);

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_PLUGIN_H_
