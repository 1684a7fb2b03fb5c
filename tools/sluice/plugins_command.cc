#include "tools/sluice/plugins_command.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "google/protobuf/descriptor.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

struct PluginLine {
  std::string kind;
  std::string name;
  std::string summary;
  const google::protobuf::Descriptor* config;
};

template <typename Component>
void AddLine(const std::string& kind, const std::string& name,
             const PluginEntry<Component>* entry,
             std::vector<PluginLine>* lines) {
  lines->push_back(
      {kind, name, entry->summary, entry->config->GetDescriptor()});
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

}  // namespace

void AddPluginsCommand(CLI::App& app, const PluginRegistry& registry,
                       CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "plugins", "List the sources, transforms and sinks of this binary");
  auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  AddOutputOption(*command, format.get());
  command->footer(
      "A component of a pipeline names its plugin as a key:\n"
      "  sinks:\n"
      "    archive:             # a name of your own\n"
      "      file:              # the plugin\n"
      "        path: events.jsonl\n"
      "\n"
      "Examples:\n"
      "  sluice plugins\n"
      "  sluice plugins --output json");
  command->callback([format, &registry, action] {
    *action = [format, &registry] {
      return RunPlugins(registry, *format, std::cout);
    };
  });
}

int RunPlugins(const PluginRegistry& registry, OutputFormat format,
               std::ostream& out) {
  const std::vector<PluginLine> plugins = AllPlugins(registry);
  if (format == OutputFormat::kJson) {
    boost::json::array list;
    for (const PluginLine& plugin : plugins) {
      list.push_back(boost::json::object{
          {"kind", plugin.kind},
          {"name", plugin.name},
          {"summary", plugin.summary},
          {"fields", FieldNames(*plugin.config)},
      });
    }
    out << list << "\n";
    return kExitOk;
  }
  std::vector<std::vector<std::string>> rows = {{"KIND", "NAME", ""}};
  for (const PluginLine& plugin : plugins) {
    rows.push_back({plugin.kind, plugin.name, plugin.summary});
  }
  out << FormatTable(rows);
  return kExitOk;
}

}  // namespace sluice
