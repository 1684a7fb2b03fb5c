#include "plugins/disruptive/webhook/plugin.h"

#include <memory>
#include <utility>

#include "plugins/disruptive/webhook/config.pb.h"
#include "plugins/disruptive/webhook/webhook_settings.h"
#include "plugins/disruptive/webhook/webhook_source.h"
#include "storage/base/status_macros.h"

namespace sluice::disruptive {

absl::Status RegisterDisruptiveWebhook(PluginRegistry& registry) {
  return registry.AddSource<v1::DisruptiveWebhookConfig>(
      "disruptive_webhook",
      "events that Data Connectors of Disruptive Technologies push, each "
      "answered once it is safe",
      [](const v1::DisruptiveWebhookConfig& config)
          -> absl::StatusOr<std::unique_ptr<Source>> {
        SLUICE_ASSIGN_OR_RETURN(WebhookSettings settings,
                                MakeWebhookSettings(config));
        return std::make_unique<WebhookSource>(std::move(settings));
      });
}

}  // namespace sluice::disruptive
