#include "plugins/feed/client_options.h"

#include <string>
#include <utility>

#include "pipeline/api/plugin_registry.h"
#include "pipeline/api/secret.h"

namespace sluice::feed {

absl::StatusOr<FeedClientOptions> ReadClientOptions(
    const v1::FeedSinkConfig& config) {
  absl::StatusOr<std::string> secret = ReadSecret(config.api_secret());
  if (!secret.ok()) {
    return ConfigError("api_secret", std::string(secret.status().message()));
  }
  return FeedClientOptions{.api_key = config.api_key(),
                           .api_secret = *std::move(secret),
                           .location = config.location(),
                           .base_url = config.base_url(),
                           .ca_file = config.ca_file()};
}

}  // namespace sluice::feed
