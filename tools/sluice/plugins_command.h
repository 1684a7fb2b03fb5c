// `sluice plugins`.
#ifndef TOOLS_SLUICE_PLUGINS_COMMAND_H_
#define TOOLS_SLUICE_PLUGINS_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

// `registry` outlives the action.
void AddPluginsCommand(CLI::App& app, const PluginRegistry& registry,
                       CommandAction* action);

struct PluginsOptions {
  // Shared objects whose plugins are listed, too.
  std::vector<std::string> libraries;
  OutputFormat output = OutputFormat::kText;
};

// Lists the plugins of this binary and of the libraries: kind, name, one line
// of what it does, where it comes from; as JSON also the fields of its
// configuration. What is wrong with a library goes to `err`.
int RunPlugins(const PluginsOptions& options, const PluginRegistry& registry,
               std::ostream& out, std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLUGINS_COMMAND_H_
