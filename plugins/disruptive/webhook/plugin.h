// Registers the source "disruptive_webhook".
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_PLUGIN_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::disruptive {

// What Data Connectors push as the source "disruptive_webhook".
//   kAlreadyExists: there is a source of that name.
absl::Status RegisterDisruptiveWebhook(PluginRegistry& registry);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_PLUGIN_H_
