// Registers the transform `template`.
#ifndef PLUGINS_TEMPLATE_PLUGIN_H_
#define PLUGINS_TEMPLATE_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::template_transform {

// kAlreadyExists: the name is taken.
absl::Status RegisterTemplate(PluginRegistry& registry);

}  // namespace sluice::template_transform

#endif  // PLUGINS_TEMPLATE_PLUGIN_H_
