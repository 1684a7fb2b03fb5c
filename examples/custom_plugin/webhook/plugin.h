// Registers the sink `webhook`.
#ifndef WEBHOOK_PLUGIN_H_
#define WEBHOOK_PLUGIN_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace webhook {

// kAlreadyExists: the name is taken.
absl::Status RegisterWebhook(sluice::PluginRegistry& registry);

}  // namespace webhook

#endif  // WEBHOOK_PLUGIN_H_
