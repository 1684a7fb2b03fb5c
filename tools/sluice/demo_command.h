// `sluice demo`: the main job on the local sandbox, with faults.
#ifndef TOOLS_SLUICE_DEMO_COMMAND_H_
#define TOOLS_SLUICE_DEMO_COMMAND_H_

#include "tools/sluice/command.h"

namespace sluice {

void AddDemoCommand(CLI::App& app, CommandAction* action);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DEMO_COMMAND_H_
