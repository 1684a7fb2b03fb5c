// A DisruptiveWebhookConfig, checked and with its defaults.
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_WEBHOOK_SETTINGS_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_WEBHOOK_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"
#include "plugins/disruptive/webhook/config.pb.h"

namespace sluice::disruptive {

struct WebhookSettings {
  // Where to listen, with its limits.
  HttpServerOptions server;
  // Decoded, as HttpServerRequest::path is not.
  std::string path = "/";
  // Any of them may have signed a push; empty: signatures are not looked at.
  std::vector<std::string> secrets;
  absl::Duration clock_leeway = absl::Minutes(1);
  absl::Duration answer_timeout = absl::Seconds(8);
};

// Reads the secrets; touches nothing else outside.
//   kInvalidArgument: a ConfigError of the first field that is wrong; its
//   message speaks of the others too.
absl::StatusOr<WebhookSettings> MakeWebhookSettings(
    const v1::DisruptiveWebhookConfig& config);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_WEBHOOK_SETTINGS_H_
