// `sluice disruptive connectors`.
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "pipeline/api/secret.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/connector_calls.h"
#include "tools/sluice/disruptive_commands.h"

namespace sluice {
namespace {

using disruptive::v1::DataConnector;

struct ConnectorOptions : DisruptiveOptions {
  std::string connector;
  std::string url;
  std::string name;
  std::string status;
  std::vector<std::string> event_types;
  std::vector<std::string> labels;
  std::vector<std::string> headers;
  bool all_events = false;
  bool no_labels = false;
  // The secret itself is never an argument.
  std::string secret_file;
  std::string secret_env;
  const CLI::App* command = nullptr;

  bool Given(const char* option) const { return command->count(option) > 0; }
};

absl::StatusOr<disruptive::ConnectorFields> FieldsOf(
    const ConnectorOptions& options) {
  disruptive::ConnectorFields fields;
  if (options.Given("--name")) fields.display_name = options.name;
  if (options.Given("--status")) {
    DataConnector::Status status{};
    DataConnector::Status_Parse(options.status, &status);
    fields.status = status;
  }
  if (options.Given("--event-type") || options.all_events) {
    fields.event_types = options.event_types;
  }
  if (options.Given("--label") || options.no_labels) {
    fields.labels = options.labels;
  }
  if (options.Given("--url")) fields.url = options.url;
  if (options.Given("--header")) {
    fields.headers = SplitAssignments(options.headers);
  }
  if (!options.secret_file.empty() || !options.secret_env.empty()) {
    config::v1::Secret reference;
    if (!options.secret_file.empty()) {
      reference.set_file(options.secret_file);
    } else {
      reference.set_env(options.secret_env);
    }
    const absl::StatusOr<std::string> secret = ReadSecret(reference);
    if (!secret.ok()) {
      return disruptive::ArgumentError("signature_secret",
                                       std::string(secret.status().message()));
    }
    fields.signature_secret = *secret;
  }
  return fields;
}

void AddFields(CLI::App* command, ConnectorOptions* options) {
  options->command = command;
  command->add_option("--url", options->url, "Where events are pushed to")
      ->type_name("URL");
  command->add_option("--name", options->name, "Display name")
      ->type_name("TEXT");
  command->add_option("--status", options->status, "ACTIVE or USER_DISABLED")
      ->check(CLI::IsMember({"ACTIVE", "USER_DISABLED"}))
      ->type_name("STATUS");
  CLI::Option* event_types =
      AddRepeated(command, "--event-type", &options->event_types,
                  "Push events of this type", "TYPE");
  command
      ->add_flag("--all-events", options->all_events,
                 "Push events of all types")
      ->excludes(event_types);
  CLI::Option* labels =
      AddRepeated(command, "--label", &options->labels,
                  "Send this label of the device along", "KEY");
  command->add_flag("--no-labels", options->no_labels, "Send no labels along")
      ->excludes(labels);
  AddRepeated(command, "--header", &options->headers, "Send this header along",
              "NAME=VALUE");
  CLI::Option* secret_file =
      command
          ->add_option("--signature-secret-file", options->secret_file,
                       "File with the secret that pushes are signed with")
          ->type_name("FILE");
  command
      ->add_option("--signature-secret-env", options->secret_env,
                   "Environment variable with it")
      ->excludes(secret_file)
      ->type_name("NAME");
}

CLI::App* AddOf(CLI::App& parent, const DisruptiveCommands& commands,
                const char* name, const char* what, ConnectorOptions* options) {
  CLI::App* command = commands.Add(parent, name, what, options);
  AddPositional(command, "CONNECTOR", &options->connector, "Its id");
  return command;
}

void AddCreate(CLI::App& group, const DisruptiveCommands& commands) {
  auto options = std::make_shared<ConnectorOptions>();
  CLI::App* command =
      commands.Add(group, "create", "Make a data connector", options.get());
  AddFields(command, options.get());
  command->footer(
      "Example:\n"
      "  sluice disruptive connectors create -p PROJECT --label room-number\n"
      "      --url https://example.com/events --signature-secret-file secret");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    const auto fields = FieldsOf(*options);
    if (!fields.ok()) return fields.status();
    return session.Show(
        disruptive::CreateConnector(session.project(), *fields));
  });
}

void AddUpdate(CLI::App& group, const DisruptiveCommands& commands) {
  auto options = std::make_shared<ConnectorOptions>();
  CLI::App* command = AddOf(group, commands, "update",
                            "Change a data connector", options.get());
  AddFields(command, options.get());
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    const auto fields = FieldsOf(*options);
    if (!fields.ok()) return fields.status();
    return session.Show(disruptive::UpdateConnector(
        session.project(), options->connector, *fields));
  });
}

}  // namespace

void AddDisruptiveConnectors(CLI::App& parent,
                             const DisruptiveCommands& commands) {
  CLI::App* group = parent.add_subcommand(
      "connectors", "Look after data connectors, which push events");
  group->require_subcommand(1);

  auto list = std::make_shared<ConnectorOptions>();
  CLI::App* command =
      commands.Add(*group, "list", "List data connectors", list.get());
  commands.OnRun(command, list, [](DisruptiveSession& session) {
    return session.ShowList(disruptive::ListConnectors(session.project()));
  });

  auto get = std::make_shared<ConnectorOptions>();
  command = AddOf(*group, commands, "get", "Show a data connector", get.get());
  commands.OnRun(command, get, [get](DisruptiveSession& session) {
    return session.Show(
        disruptive::GetConnector(session.project(), get->connector));
  });

  AddCreate(*group, commands);
  AddUpdate(*group, commands);

  auto remove = std::make_shared<ConnectorOptions>();
  command = AddOf(*group, commands, "delete", "Delete a data connector",
                  remove.get());
  commands.OnRun(command, remove, [remove](DisruptiveSession& session) {
    return session.Do(
        disruptive::DeleteConnector(session.project(), remove->connector),
        absl::StrCat("deleted ", remove->connector));
  });

  auto metrics = std::make_shared<ConnectorOptions>();
  command = AddOf(*group, commands, "metrics",
                  "Show pushes of the last three hours", metrics.get());
  commands.OnRun(command, metrics, [metrics](DisruptiveSession& session) {
    return session.Show(
        disruptive::GetConnectorMetrics(session.project(), metrics->connector));
  });

  auto sync = std::make_shared<ConnectorOptions>();
  command = AddOf(*group, commands, "sync",
                  "Push the latest event of each type of each device again",
                  sync.get());
  commands.OnRun(command, sync, [sync](DisruptiveSession& session) {
    return session.Do(
        disruptive::SyncConnector(session.project(), sync->connector),
        absl::StrCat("asked ", sync->connector, " to push again"));
  });
}

}  // namespace sluice
