#include "tools/sluice/config_command.h"

#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/topology/config_schema.h"
#include "proto/admin/v1/config.grpc.pb.h"
#include "proto/admin/v1/plugins.grpc.pb.h"
#include "storage/base/read_file.h"
#include "tools/sluice/admin_call.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/library_option.h"
#include "tools/sluice/to_proto_duration.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;
using Stub = v1::ConfigService::Stub;

constexpr size_t kMaxConfigBytes = size_t{4} << 20;
// Every component may take the grace, one step after the other.
constexpr absl::Duration kApplyTimeout = absl::Minutes(30);

std::string ActionName(const v1::ComponentChange& change) {
  return absl::AsciiStrToLower(
      v1::ComponentChange::Action_Name(change.action()));
}

std::string PlaceOf(const v1::ComponentChange& change) {
  return change.component().empty()
             ? absl::StrCat("pipeline ", change.pipeline())
             : absl::StrCat(change.pipeline(), ".", change.component());
}

boost::json::value OrNull(bool given, const std::string& text) {
  return given ? boost::json::value(text) : boost::json::value();
}

void PrintJson(const v1::ApplyConfigResponse& response, std::ostream& out) {
  boost::json::array changes;
  for (const v1::ComponentChange& change : response.changes()) {
    changes.push_back({{"action", ActionName(change)},
                       {"pipeline", change.pipeline()},
                       {"component", change.component()}});
  }
  boost::json::array differences;
  for (const v1::ConfigDifference& difference : response.differences()) {
    differences.push_back(
        {{"path", difference.path()},
         {"before", OrNull(difference.has_before(), difference.before())},
         {"after", OrNull(difference.has_after(), difference.after())}});
  }
  out << boost::json::object{{"generation", response.generation()},
                             {"changes", std::move(changes)},
                             {"differences", std::move(differences)}}
      << "\n";
}

void PrintText(const v1::ApplyConfigResponse& response, bool dry_run,
               std::ostream& out) {
  for (const v1::ConfigDifference& difference : response.differences()) {
    if (difference.has_before()) {
      out << "- " << difference.path() << ": " << Cell(difference.before())
          << "\n";
    }
    if (difference.has_after()) {
      out << "+ " << difference.path() << ": " << Cell(difference.after())
          << "\n";
    }
  }
  for (const v1::ComponentChange& change : response.changes()) {
    out << (dry_run ? "to be " : "") << ActionName(change) << ": "
        << PlaceOf(change) << "\n";
  }
  if (response.changes().empty()) out << "nothing to start or stop\n";
  out << "generation " << response.generation() << " runs\n";
}

int PrintApplied(const ConfigOptions& options, const AdminClient& client,
                 const grpc::Status& answer,
                 const v1::ApplyConfigResponse& response, std::ostream& out,
                 std::ostream& err) {
  if (answer.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
    err << answer.error_message() << "\n";
    return kExitUsage;
  }
  if (!answer.ok()) return client.Fail(answer, err);
  if (options.output == OutputFormat::kJson) {
    PrintJson(response, out);
  } else {
    PrintText(response, options.dry_run, out);
  }
  return kExitOk;
}

std::string TimeOf(const v1::Configuration& config) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          absl::FromUnixSeconds(config.time().seconds()),
                          absl::UTCTimeZone());
}

boost::json::object ToJson(const v1::Configuration& config) {
  boost::json::object json{{"generation", config.generation()},
                           {"time", TimeOf(config)},
                           {"by", config.by()},
                           {"comment", config.comment()},
                           {"file", config.file()},
                           {"current", config.current()}};
  if (!config.text().empty()) json["text"] = config.text();
  return json;
}

int DiffConfig(const ConfigOptions& options, std::ostream& out,
               std::ostream& err) {
  ConfigOptions dry = options;
  dry.dry_run = true;
  return ApplyConfig(dry, out, err);
}

void AddFile(CLI::App* command, ConfigOptions* options) {
  command
      ->add_option("config,-c,--config", options->file,
                   "Configuration file (YAML)")
      ->required()
      ->type_name("FILE");
}

void AddApplyOptions(CLI::App* command, ConfigOptions* options) {
  command->add_flag("--dry-run", options->dry_run,
                    "Only say what would be done");
  command
      ->add_option("--expect", options->expected_generation,
                   "Refuse unless this generation runs")
      ->type_name("N");
  command->add_option("--comment", options->comment, "For the history")
      ->type_name("TEXT");
  AddDurationOption(*command, "--grace",
                    "Longest wait for what is under way; default 10s",
                    &options->grace);
}

int PrintSchemaOfProcess(const AdminClientOptions& options, std::ostream& out,
                         std::ostream& err) {
  using Service = v1::PluginService;
  return WithStub<Service>(
      options, err, [&](const AdminClient& client, Service::Stub& stub) -> int {
        v1::ConfigSchema schema;
        const grpc::Status answer =
            stub.GetConfigSchema(client.NewContext().get(), {}, &schema);
        if (!answer.ok()) return client.Fail(answer, err);
        out << schema.json() << "\n";
        return kExitOk;
      });
}

void AddSchemaCommand(CLI::App& parent, const PluginRegistry& registry,
                      CommandAction* action) {
  CLI::App* command = parent.add_subcommand(
      "schema", "Print the JSON Schema of configuration files, for editors");
  const auto options = std::make_shared<SchemaOptions>();
  AddLibraryOption(*command, "With the plugins of this shared object, too",
                   &options->libraries);
  command->add_flag("--running", options->running,
                    "With the plugins of the process that the options below "
                    "reach, and no other");
  AddAdminOptions(*command, &options->admin);
  command->footer(
      "Editors with a YAML language server take it from a\n"
      "first line\n"
      "  # yaml-language-server: $schema=sluice.schema.json");
  command->callback([options, &registry, action] {
    *action = [options, &registry] {
      return PrintSchema(*options, registry, std::cout, std::cerr);
    };
  });
}

}  // namespace

void AddConfigCommand(CLI::App& app, const PluginRegistry& registry,
                      CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "config", "Change what a running process runs, and look back");
  command->require_subcommand(1);
  const auto options = std::make_shared<ConfigOptions>();
  CLI::App* apply = AddAdminCommand(*command, "apply",
                                    "Run this configuration, without a restart",
                                    ApplyConfig, options, action);
  AddFile(apply, options.get());
  AddApplyOptions(apply, options.get());
  CLI::App* diff = AddAdminCommand(*command, "diff", "Say what apply would do",
                                   DiffConfig, options, action);
  AddFile(diff, options.get());
  CLI::App* rollback = AddAdminCommand(*command, "rollback",
                                       "Run an earlier configuration again",
                                       RollbackConfig, options, action);
  rollback
      ->add_option("--to", options->generation,
                   "This generation; default: the one before")
      ->type_name("N");
  AddApplyOptions(rollback, options.get());
  AddAdminCommand(*command, "show", "Print the configuration that runs",
                  ShowConfig, options, action)
      ->add_option("--generation", options->generation, "An earlier one")
      ->type_name("N");
  AddAdminCommand(*command, "history", "The latest 50 configurations",
                  ListConfigs, options, action);
  AddSchemaCommand(*command, registry, action);
  command->footer(
      "A configuration that fails changes nothing. After a restart the "
      "process\n"
      "runs its file again, so change that too.\n"
      "\n"
      "Exit codes: 0 done, 1 the process cannot be reached or refuses,\n"
      "2 the command line or the configuration is wrong.\n"
      "\n"
      "Examples:\n"
      "  sluice config diff sluice.yaml --data-dir /var/lib/sluice\n"
      "  sluice config apply sluice.yaml --data-dir /var/lib/sluice\n"
      "  sluice config rollback --data-dir /var/lib/sluice\n"
      "  sluice config schema > sluice.schema.json");
}

int PrintSchema(const SchemaOptions& options, const PluginRegistry& registry,
                std::ostream& out, std::ostream& err) {
  if (options.running) return PrintSchemaOfProcess(options.admin, out, err);
  PluginRegistry all(&registry);
  if (!LoadLibraries(options.libraries, all, err)) return kExitUsage;
  out << ConfigSchema(all) << "\n";
  return kExitOk;
}

int ApplyConfig(const ConfigOptions& options, std::ostream& out,
                std::ostream& err) {
  absl::StatusOr<std::string> text = ReadFile(options.file, kMaxConfigBytes);
  if (!text.ok()) {
    err << "sluice: " << std::string(text.status().message()) << "\n";
    return kExitUsage;
  }
  return WithStub<v1::ConfigService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::ApplyConfigRequest request;
        request.set_text(*std::move(text));
        request.set_file(options.file);
        request.set_validate_only(options.dry_run);
        request.set_expected_generation(options.expected_generation);
        request.set_comment(options.comment);
        *request.mutable_grace() = ToProto(options.grace);
        v1::ApplyConfigResponse response;
        const grpc::Status answer = stub.ApplyConfig(
            client.NewContext(kApplyTimeout).get(), request, &response);
        return PrintApplied(options, client, answer, response, out, err);
      });
}

int RollbackConfig(const ConfigOptions& options, std::ostream& out,
                   std::ostream& err) {
  return WithStub<v1::ConfigService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::RollbackConfigRequest request;
        request.set_generation(options.generation);
        request.set_validate_only(options.dry_run);
        request.set_expected_generation(options.expected_generation);
        request.set_comment(options.comment);
        *request.mutable_grace() = ToProto(options.grace);
        v1::ApplyConfigResponse response;
        const grpc::Status answer = stub.RollbackConfig(
            client.NewContext(kApplyTimeout).get(), request, &response);
        return PrintApplied(options, client, answer, response, out, err);
      });
}

int ShowConfig(const ConfigOptions& options, std::ostream& out,
               std::ostream& err) {
  return WithStub<v1::ConfigService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::GetConfigRequest request;
        request.set_generation(options.generation);
        v1::Configuration config;
        const grpc::Status answer =
            stub.GetConfig(client.NewContext().get(), request, &config);
        if (!answer.ok()) return client.Fail(answer, err);
        if (options.output == OutputFormat::kJson) {
          out << ToJson(config) << "\n";
        } else {
          out << config.text();
        }
        return kExitOk;
      });
}

int ListConfigs(const ConfigOptions& options, std::ostream& out,
                std::ostream& err) {
  return WithStub<v1::ConfigService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::ListConfigsResponse response;
        const grpc::Status answer =
            stub.ListConfigs(client.NewContext().get(), {}, &response);
        if (!answer.ok()) return client.Fail(answer, err);
        boost::json::array list;
        std::vector<std::vector<std::string>> rows = {
            {"", "GENERATION", "TIME", "BY", "FILE", "COMMENT"}};
        for (const v1::Configuration& config : response.configs()) {
          list.push_back(ToJson(config));
          rows.push_back({config.current() ? "*" : "",
                          absl::StrCat(config.generation()), TimeOf(config),
                          Cell(config.by()), Cell(config.file()),
                          Cell(config.comment())});
        }
        if (options.output == OutputFormat::kJson) {
          out << list << "\n";
        } else {
          out << FormatTable(rows);
        }
        return kExitOk;
      });
}

}  // namespace sluice
