// Which application a feed command speaks for, and where its service is.
#ifndef TOOLS_SLUICE_FEED_FEED_CREDENTIALS_H_
#define TOOLS_SLUICE_FEED_FEED_CREDENTIALS_H_

#include <string>

#include "absl/status/statusor.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/feed/client/feed_options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// What the command line says of it; empty: nothing.
struct FeedCredentials {
  std::string api_key;
  // Where the secret is; it is never an argument itself, because arguments can
  // be seen in the list of processes.
  std::string secret_env;
  std::string secret_file;
  std::string app_id;
  std::string location;
  std::string base_url;
  std::string version;
  std::string ca_file;
  std::string redirect_url;
  // A duration, "5s".
  std::string timeout;
  // A configuration file, and a sink in it.
  std::string config;
  std::string sink;
};

void AddFeedCredentials(CLI::App& command, FeedCredentials* credentials);

// From the configuration file, if one is given; else from the other options,
// and what they leave out from the environment (feed_environment.h).
//   kInvalidArgument: something is missing or cannot be; the message says which
//   option or variable.
absl::StatusOr<feed::FeedClientOptions> ReadFeedCredentials(
    const FeedCredentials& credentials, const PluginRegistry& registry);

}  // namespace sluice

#endif  // TOOLS_SLUICE_FEED_FEED_CREDENTIALS_H_
