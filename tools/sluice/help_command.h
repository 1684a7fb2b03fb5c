// `sluice help`.
#ifndef TOOLS_SLUICE_HELP_COMMAND_H_
#define TOOLS_SLUICE_HELP_COMMAND_H_

#include "tools/sluice/command.h"

namespace sluice {

// Adds `sluice help [COMMAND]`, and to `app` itself what concerns all commands.
// `app` outlives the action.
void AddHelpCommand(CLI::App& app, CommandAction* action);

}  // namespace sluice

#endif  // TOOLS_SLUICE_HELP_COMMAND_H_
