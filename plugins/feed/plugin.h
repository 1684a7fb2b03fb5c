// Registers the sink `feed`.
#ifndef PLUGINS_FEED_PLUGIN_H_
#define PLUGINS_FEED_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::feed {

// kAlreadyExists: the name is taken.
absl::Status RegisterFeed(PluginRegistry& registry);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_PLUGIN_H_
