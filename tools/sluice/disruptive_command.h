// `sluice disruptive stream|devices|device|labels|transfer|history|publish|
// emulator|connectors|projects|organizations|members|permissions|roles|
// accounts|keys|claim`.
#ifndef TOOLS_SLUICE_DISRUPTIVE_COMMAND_H_
#define TOOLS_SLUICE_DISRUPTIVE_COMMAND_H_

#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/command.h"

namespace sluice {

// `registry`, which outlives the command, has the plugin `disruptive`: its
// sources in configuration files are where --config takes credentials from.
void AddDisruptiveCommand(CLI::App& app, const PluginRegistry& registry,
                          CommandAction* action);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DISRUPTIVE_COMMAND_H_
