#include "tools/sluice/disruptive_access.h"

#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/topology/config_loader.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using disruptive::v1::DisruptiveConfig;

// The configuration of the source `disruptive` called `name` in a file.
absl::StatusOr<DisruptiveConfig> FromFile(const std::string& path,
                                          const std::string& name,
                                          const PluginRegistry& registry) {
  const LoadResult result = LoadConfig(path, registry);
  if (!result.ok()) {
    const ConfigProblem& problem = result.problems.front();
    return absl::InvalidArgumentError(absl::StrCat(
        problem.file, ":", problem.line, ": ", problem.path, ": ",
        problem.message, "; `sluice validate ", path, "` says more"));
  }
  std::vector<std::string> names;
  DisruptiveConfig found;
  for (const auto& [pipeline, spec] : result.loaded->config.pipelines()) {
    for (const auto& [source, config] : spec.sources()) {
      DisruptiveConfig candidate;
      if (!config.plugin().UnpackTo(&candidate)) continue;
      if (!name.empty() && source != name) continue;
      names.push_back(absl::StrCat(pipeline, ".", source));
      found = std::move(candidate);
    }
  }
  if (names.size() == 1) return found;
  return absl::InvalidArgumentError(
      names.empty()
          ? absl::StrCat(path, " has no source `disruptive`",
                         name.empty() ? "" : " called ", name)
          : absl::StrCat(path, " has several; choose one with --source: ",
                         absl::StrJoin(names, ", ")));
}

void Overlay(const std::string& given, std::string* target) {
  if (!given.empty()) *target = given;
}

}  // namespace

void AddAccessOptions(CLI::App& command, DisruptiveAccess* access) {
  const char* group = "Service";
  const auto add = [&](const char* name, std::string* target, const char* what,
                       const char* type) {
    command.add_option(name, *target, what)->type_name(type)->group(group);
  };
  add("-p,--project", &access->project, "Id of the project", "ID");
  add("-c,--config", &access->config_file,
      "Take project, credentials and addresses from a source of this file",
      "FILE");
  add("--source", &access->source, "That source, if there are several", "NAME");
  add("--credentials", &access->credentials_file,
      "JSON file with the service account's key, in the form of the vendor's "
      "client",
      "FILE");
  add("--key-id", &access->key_id, "Id of the service account's key", "ID");
  add("--email", &access->email, "Address of the service account", "EMAIL");
  add("--secret-file", &access->secret_file, "File with the key's secret",
      "FILE");
  add("--secret-env", &access->secret_env,
      "Environment variable with the key's secret; default "
      "DT_SERVICE_ACCOUNT_SECRET",
      "NAME");
  command
      .add_flag("--basic", access->basic,
                "Send the key itself instead of fetching a token; for "
                "development")
      ->group(group);
  add("--base-url", &access->base_url, "Address of the REST API", "URL");
  add("--emulator-url", &access->emulator_base_url,
      "Address of the emulator API", "URL");
  add("--token-url", &access->token_url, "Address of the token endpoint",
      "URL");
  add("--ca-file", &access->ca_file, "PEM file of the authorities to trust",
      "FILE");
}

absl::StatusOr<DisruptiveConfig> MakeDisruptiveConfig(
    const DisruptiveAccess& access, const PluginRegistry& registry) {
  DisruptiveConfig config;
  if (!access.config_file.empty()) {
    DisruptiveConfig file;
    SLUICE_ASSIGN_OR_RETURN(
        file, FromFile(access.config_file, access.source, registry));
    // Its filters and times are the source's own business.
    config.set_project(file.project());
    *config.mutable_credentials() = file.credentials();
    if (!file.has_credentials()) config.clear_credentials();
    *config.mutable_rate() = file.rate();
    config.set_base_url(file.base_url());
    config.set_emulator_base_url(file.emulator_base_url());
    config.set_token_url(file.token_url());
    config.set_ca_file(file.ca_file());
  } else if (!access.source.empty()) {
    return absl::InvalidArgumentError("--source: goes with --config only");
  }
  const bool key = !access.key_id.empty() || !access.email.empty() ||
                   !access.secret_file.empty() || !access.secret_env.empty();
  if (!access.secret_file.empty() && !access.secret_env.empty()) {
    return absl::InvalidArgumentError(
        "--secret-file: contradicts --secret-env");
  }
  if (key || !access.credentials_file.empty()) config.clear_credentials();
  if (!access.credentials_file.empty()) {
    config.mutable_credentials()->set_file(access.credentials_file);
  }
  if (key) {
    disruptive::v1::Credentials* credentials = config.mutable_credentials();
    credentials->set_key_id(access.key_id);
    credentials->set_email(access.email);
    if (!access.secret_file.empty()) {
      credentials->mutable_secret()->set_file(access.secret_file);
    } else {
      credentials->mutable_secret()->set_env(access.secret_env.empty()
                                                 ? "DT_SERVICE_ACCOUNT_SECRET"
                                                 : access.secret_env);
    }
  }
  if (access.basic) config.mutable_credentials()->set_basic(true);
  Overlay(access.project, config.mutable_project());
  Overlay(access.base_url, config.mutable_base_url());
  Overlay(access.emulator_base_url, config.mutable_emulator_base_url());
  Overlay(access.token_url, config.mutable_token_url());
  Overlay(access.ca_file, config.mutable_ca_file());
  return config;
}

}  // namespace sluice
