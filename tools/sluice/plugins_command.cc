#include "tools/sluice/plugins_command.h"

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "boost/json.hpp"
#include "pipeline/service/plugin_message.h"
#include "pipeline/topology/config_loader.h"
#include "proto/admin/v1/plugins.grpc.pb.h"
#include "tools/sluice/admin_call.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/library_option.h"

namespace sluice {
namespace {

using admin::v1::ListPluginsResponse;
using admin::v1::Plugin;

std::string KindName(const Plugin& plugin) {
  return absl::AsciiStrToLower(Plugin::Kind_Name(plugin.kind()));
}

void PrintJson(const ListPluginsResponse& response, std::ostream& out) {
  boost::json::array list;
  for (const Plugin& plugin : response.plugins()) {
    boost::json::array fields(plugin.fields().begin(), plugin.fields().end());
    boost::json::object object{
        {"kind", KindName(plugin)},
        {"name", plugin.name()},
        {"summary", plugin.summary()},
        {"fields", std::move(fields)},
    };
    if (!plugin.library().empty()) object["library"] = plugin.library();
    if (!plugin.process().empty()) object["process"] = plugin.process();
    list.push_back(std::move(object));
  }
  out << list << "\n";
}

void PrintTable(const ListPluginsResponse& response, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"KIND", "NAME", ""}};
  for (const Plugin& plugin : response.plugins()) {
    std::string about = plugin.summary();
    if (!plugin.library().empty()) about += " (" + plugin.library() + ")";
    if (!plugin.process().empty()) {
      about += " (process " + plugin.process() + ")";
    }
    rows.push_back({KindName(plugin), plugin.name(), std::move(about)});
  }
  out << FormatTable(rows);
}

void Print(const ListPluginsResponse& response, OutputFormat format,
           std::ostream& out) {
  if (format == OutputFormat::kJson) {
    PrintJson(response, out);
  } else {
    PrintTable(response, out);
  }
}

// Those of a process.
int RunPluginsOfProcess(const PluginsOptions& options, std::ostream& out,
                        std::ostream& err) {
  using Service = admin::v1::PluginService;
  return WithStub<Service>(
      options.admin, err,
      [&](const AdminClient& client, Service::Stub& stub) -> int {
        ListPluginsResponse response;
        const grpc::Status answer =
            stub.ListPlugins(client.NewContext().get(), {}, &response);
        if (!answer.ok()) return client.Fail(answer, err);
        Print(response, options.output, out);
        return kExitOk;
      });
}

}  // namespace

void AddPluginsCommand(CLI::App& app, const PluginRegistry& registry,
                       CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "plugins", "List the sources, transforms and sinks of this binary");
  auto options = std::make_shared<PluginsOptions>();
  AddLibraryOption(*command, "List those of this shared object, too",
                   &options->libraries);
  command
      ->add_option("--config,-c", options->config,
                   "List those that this configuration names, too; starts its "
                   "programs")
      ->type_name("FILE");
  command->add_flag("--running", options->running,
                    "List those of the process that the options below reach");
  AddAdminOptions(*command, &options->admin);
  AddOutputOption(*command, &options->output);
  command->footer(
      "A component of a pipeline names its plugin as a key:\n"
      "  sinks:\n"
      "    archive:             # a name of your own\n"
      "      file:              # the plugin\n"
      "        path: events.jsonl\n"
      "\n"
      "Examples:\n"
      "  sluice plugins\n"
      "  sluice plugins --library /opt/acme/acme.so\n"
      "  sluice plugins --config sluice.yaml\n"
      "  sluice plugins --running --data-dir /var/lib/sluice\n"
      "  sluice plugins --output json\n"
      "\n"
      "Exit codes: 0 listed, 1 the process cannot be reached, 2 a library or "
      "the\n"
      "configuration cannot be used.");
  command->callback([options, &registry, action] {
    *action = [options, &registry] {
      return RunPlugins(*options, registry, std::cout, std::cerr);
    };
  });
}

int RunPlugins(const PluginsOptions& options, const PluginRegistry& registry,
               std::ostream& out, std::ostream& err) {
  if (options.running) return RunPluginsOfProcess(options, out, err);
  LoadResult config;
  if (!options.config.empty()) {
    config = LoadConfig(options.config, registry);
    for (const ConfigProblem& problem : config.problems) {
      err << problem.ToString() << "\n";
    }
    if (!config.ok()) return kExitUsage;
  }
  PluginRegistry all(config.ok() ? config.loaded->plugins.get() : &registry);
  if (!LoadLibraries(options.libraries, all, err)) return kExitUsage;
  Print(DescribePlugins(all), options.output, out);
  return kExitOk;
}

}  // namespace sluice
