#include "tools/sluice/plugins_command.h"

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "google/protobuf/descriptor.h"
#include "pipeline/abi/host/plugin_library.h"
#include "pipeline/topology/config_loader.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

struct PluginLine {
  std::string kind;
  std::string name;
  std::string summary;
  // Empty: linked in.
  std::string library;
  // Empty: in this process.
  std::string process;
  const google::protobuf::Descriptor* config;
};

template <typename Component>
void AddLine(const std::string& kind, const std::string& name,
             const PluginEntry<Component>* entry,
             std::vector<PluginLine>* lines) {
  lines->push_back({kind, name, entry->summary, entry->library, entry->process,
                    entry->config->GetDescriptor()});
}

std::vector<PluginLine> AllPlugins(const PluginRegistry& registry) {
  std::vector<PluginLine> lines;
  for (const std::string& name : registry.source_names()) {
    AddLine("source", name, registry.source(name), &lines);
  }
  for (const std::string& name : registry.transform_names()) {
    AddLine("transform", name, registry.transform(name), &lines);
  }
  for (const std::string& name : registry.sink_names()) {
    AddLine("sink", name, registry.sink(name), &lines);
  }
  return lines;
}

boost::json::array FieldNames(const google::protobuf::Descriptor& config) {
  boost::json::array names;
  for (int i = 0; i < config.field_count(); ++i) {
    names.emplace_back(config.field(i)->name());
  }
  return names;
}

void PrintJson(const std::vector<PluginLine>& plugins, std::ostream& out) {
  boost::json::array list;
  for (const PluginLine& plugin : plugins) {
    boost::json::object object{
        {"kind", plugin.kind},
        {"name", plugin.name},
        {"summary", plugin.summary},
        {"fields", FieldNames(*plugin.config)},
    };
    if (!plugin.library.empty()) object["library"] = plugin.library;
    if (!plugin.process.empty()) object["process"] = plugin.process;
    list.push_back(std::move(object));
  }
  out << list << "\n";
}

void PrintTable(const std::vector<PluginLine>& plugins, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"KIND", "NAME", ""}};
  for (const PluginLine& plugin : plugins) {
    std::string about = plugin.summary;
    if (!plugin.library.empty()) about += " (" + plugin.library + ")";
    if (!plugin.process.empty()) about += " (process " + plugin.process + ")";
    rows.push_back({plugin.kind, plugin.name, std::move(about)});
  }
  out << FormatTable(rows);
}

}  // namespace

void AddPluginsCommand(CLI::App& app, const PluginRegistry& registry,
                       CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "plugins", "List the sources, transforms and sinks of this binary");
  auto options = std::make_shared<PluginsOptions>();
  command
      ->add_option("--library", options->libraries,
                   "List those of this shared object, too; may be given "
                   "several times")
      ->type_name("FILE");
  command
      ->add_option("--config,-c", options->config,
                   "List those that this configuration names, too; starts its "
                   "programs")
      ->type_name("FILE");
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
      "  sluice plugins --output json\n"
      "\n"
      "Exit codes: 0 listed, 2 a library or the configuration cannot be used.");
  command->callback([options, &registry, action] {
    *action = [options, &registry] {
      return RunPlugins(*options, registry, std::cout, std::cerr);
    };
  });
}

int RunPlugins(const PluginsOptions& options, const PluginRegistry& registry,
               std::ostream& out, std::ostream& err) {
  LoadResult config;
  if (!options.config.empty()) {
    config = LoadConfig(options.config, registry);
    for (const ConfigProblem& problem : config.problems) {
      err << problem.ToString() << "\n";
    }
    if (!config.ok()) return kExitUsage;
  }
  PluginRegistry all(config.ok() ? config.loaded->plugins.get() : &registry);
  for (const std::string& library : options.libraries) {
    const absl::Status status = abi::LoadPluginLibrary(library, all);
    if (status.ok()) continue;
    err << "sluice: --library: " << std::string(status.message()) << "\n";
    return kExitUsage;
  }
  const std::vector<PluginLine> plugins = AllPlugins(all);
  if (options.output == OutputFormat::kJson) {
    PrintJson(plugins, out);
  } else {
    PrintTable(plugins, out);
  }
  return kExitOk;
}

}  // namespace sluice
