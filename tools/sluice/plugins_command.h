// `sluice plugins`.
#ifndef TOOLS_SLUICE_PLUGINS_COMMAND_H_
#define TOOLS_SLUICE_PLUGINS_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

// `registry` outlives the action.
void AddPluginsCommand(CLI::App& app, const PluginRegistry& registry,
                       CommandAction* action);

struct PluginsOptions {
  // Ask the process that these reach, instead of what follows.
  bool running = false;
  AdminClientOptions admin;
  // Shared objects whose plugins are listed, too.
  std::vector<std::string> libraries;
  // A configuration whose plugins are listed instead of those of the binary
  // alone; empty: none. Its programs are started.
  std::string config;
  OutputFormat output = OutputFormat::kText;
};

// Lists the plugins of this binary, of the libraries and of the configuration,
// or of a process: kind, name, one line of what it does, where it comes from;
// as JSON also the fields of its configuration. What is wrong with a library or
// a configuration goes to `err`.
int RunPlugins(const PluginsOptions& options, const PluginRegistry& registry,
               std::ostream& out, std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLUGINS_COMMAND_H_
