// Plugins as messages of the admin API.
#ifndef PIPELINE_SERVICE_PLUGIN_MESSAGE_H_
#define PIPELINE_SERVICE_PLUGIN_MESSAGE_H_

#include "pipeline/api/plugin_registry.h"
#include "proto/admin/v1/plugins.pb.h"

namespace sluice {

// All plugins of `registry`, in order of kinds and names.
admin::v1::ListPluginsResponse DescribePlugins(const PluginRegistry& registry);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_PLUGIN_MESSAGE_H_
