// `sluice plugins`.
#ifndef TOOLS_SLUICE_PLUGINS_COMMAND_H_
#define TOOLS_SLUICE_PLUGINS_COMMAND_H_

#include <ostream>

#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

// `registry` outlives the action.
void AddPluginsCommand(CLI::App& app, const PluginRegistry& registry,
                       CommandAction* action);

// Lists the plugins of this binary: kind, name, one line of what it does; as
// JSON also the fields of its configuration.
int RunPlugins(const PluginRegistry& registry, OutputFormat format,
               std::ostream& out);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLUGINS_COMMAND_H_
