#include "tools/sluice/feed/feed_credentials.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/api/secret.h"
#include "pipeline/topology/config_loader.h"
#include "pipeline/topology/scalar_values.h"
#include "plugins/feed/client/feed_environment.h"
#include "plugins/feed/client_options.h"
#include "plugins/feed/config.pb.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using feed::FeedClientOptions;

// A sink of the plugin `feed`.
struct ConfiguredSink {
  // "pipeline/sink"
  std::string name;
  feed::v1::FeedSinkConfig config;
};

// In order of name.
std::vector<ConfiguredSink> FeedSinks(const config::v1::Config& config) {
  std::vector<ConfiguredSink> sinks;
  for (const auto& [pipeline_name, pipeline] : config.pipelines()) {
    for (const auto& [sink_name, sink] : pipeline.sinks()) {
      ConfiguredSink found;
      if (!sink.plugin().UnpackTo(&found.config)) continue;
      found.name = absl::StrCat(pipeline_name, "/", sink_name);
      sinks.push_back(std::move(found));
    }
  }
  std::sort(sinks.begin(), sinks.end(),
            [](const ConfiguredSink& a, const ConfiguredSink& b) {
              return a.name < b.name;
            });
  return sinks;
}

bool IsMeant(const std::string& full_name, const std::string& wanted) {
  return wanted.empty() || full_name == wanted ||
         full_name.substr(full_name.find('/') + 1) == wanted;
}

absl::StatusOr<feed::v1::FeedSinkConfig> FindSink(
    const config::v1::Config& config, const FeedCredentials& credentials) {
  std::vector<std::string> names;
  std::vector<ConfiguredSink> meant;
  for (ConfiguredSink& sink : FeedSinks(config)) {
    names.push_back(sink.name);
    if (IsMeant(sink.name, credentials.sink)) meant.push_back(std::move(sink));
  }
  if (meant.size() == 1) return meant.front().config;
  const std::string there =
      names.empty() ? "it has none of the plugin feed"
                    : absl::StrCat("it has ", absl::StrJoin(names, ", "));
  if (meant.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--sink: no feed sink \"", credentials.sink, "\" in ",
                     credentials.config, "; ", there));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--sink: say which sink of ", credentials.config, " is meant; ", there));
}

absl::StatusOr<FeedClientOptions> FromConfig(const FeedCredentials& credentials,
                                             const PluginRegistry& registry) {
  const LoadResult result = LoadConfig(credentials.config, registry);
  if (!result.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--config: ", result.problems.front().ToString()));
  }
  SLUICE_ASSIGN_OR_RETURN(const feed::v1::FeedSinkConfig sink,
                          FindSink(result.loaded->config, credentials));
  return feed::ReadClientOptions(sink);
}

absl::StatusOr<std::string> ReadSecretOption(
    const FeedCredentials& credentials) {
  config::v1::Secret secret;
  std::string option = "--api-secret-env";
  if (!credentials.secret_env.empty()) {
    secret.set_env(credentials.secret_env);
  } else if (!credentials.secret_file.empty()) {
    secret.set_file(credentials.secret_file);
    option = "--api-secret-file";
  } else {
    return std::string();
  }
  absl::StatusOr<std::string> value = ReadSecret(secret);
  if (value.ok()) return value;
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", std::string(value.status().message())));
}

absl::StatusOr<FeedClientOptions> FromOptions(
    const FeedCredentials& credentials) {
  SLUICE_ASSIGN_OR_RETURN(std::string secret, ReadSecretOption(credentials));
  absl::StatusOr<FeedClientOptions> options =
      feed::WithEnvironment({.api_key = credentials.api_key,
                             .api_secret = std::move(secret),
                             .app_id = credentials.app_id,
                             .location = credentials.location,
                             .base_url = credentials.base_url,
                             .ca_file = credentials.ca_file});
  if (!options.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(ConfigErrorField(options.status()), " ",
                     std::string(options.status().message())));
  }
  if (options->api_key.empty()) {
    return absl::InvalidArgumentError(
        "--api-key: the key of the application is needed; give it, or set "
        "STREAM_KEY or STREAM_URL, or name a configuration with --config");
  }
  if (options->api_secret.empty()) {
    return absl::InvalidArgumentError(
        "--api-secret-file: the secret of the application is needed; name a "
        "file or a variable (--api-secret-env), or set STREAM_SECRET");
  }
  return options;
}

}  // namespace

void AddFeedCredentials(CLI::App& command, FeedCredentials* credentials) {
  const std::string group = "Service";
  const auto add = [&](const char* name, std::string* value, const char* what,
                       const char* type) {
    return command.add_option(name, *value, what)
        ->group(group)
        ->type_name(type);
  };
  std::vector<CLI::Option*> of_config = {
      add("--api-key", &credentials->api_key, "Key of the application", "KEY"),
      add("--api-secret-env", &credentials->secret_env,
          "Variable that holds its secret", "NAME"),
      add("--api-secret-file", &credentials->secret_file,
          "File that holds its secret", "FILE"),
      add("--location", &credentials->location,
          "Data centre, e.g. us-east or dublin", "NAME"),
      add("--base-url", &credentials->base_url,
          "Another address, e.g. of a sandbox", "URL"),
      add("--ca-file", &credentials->ca_file,
          "Authorities to trust instead of the system's", "FILE")};
  add("--app-id", &credentials->app_id, "Number of the application", "ID");
  add("--api-version", &credentials->version, "Version of the API (v1.0)",
      "VERSION");
  add("--redirect-url", &credentials->redirect_url,
      "Where links that count clicks lead through", "URL");
  add("--timeout", &credentials->timeout, "How long a call may take (10s)",
      "DURATION");
  CLI::Option* config =
      add("--config", &credentials->config,
          "Take the credentials of a sink in this configuration", "FILE");
  add("--sink", &credentials->sink, "The sink: NAME or PIPELINE/NAME", "NAME")
      ->needs(config);
  of_config[1]->excludes(of_config[2]);
  for (CLI::Option* option : of_config) option->excludes(config);
}

absl::StatusOr<FeedClientOptions> ReadFeedCredentials(
    const FeedCredentials& credentials, const PluginRegistry& registry) {
  SLUICE_ASSIGN_OR_RETURN(FeedClientOptions options,
                          credentials.config.empty()
                              ? FromOptions(credentials)
                              : FromConfig(credentials, registry));
  if (!credentials.app_id.empty()) options.app_id = credentials.app_id;
  if (!credentials.version.empty()) options.version = credentials.version;
  if (!credentials.redirect_url.empty()) {
    options.redirect_url = credentials.redirect_url;
  }
  if (!credentials.timeout.empty()) {
    const absl::StatusOr<absl::Duration> timeout =
        ParseDuration(credentials.timeout);
    if (!timeout.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--timeout: ", std::string(timeout.status().message())));
    }
    options.timeout = *timeout;
  }
  return options;
}

}  // namespace sluice
