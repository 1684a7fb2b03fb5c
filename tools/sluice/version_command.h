// `sluice version`.
#ifndef TOOLS_SLUICE_VERSION_COMMAND_H_
#define TOOLS_SLUICE_VERSION_COMMAND_H_

#include <ostream>

#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

void AddVersionCommand(CLI::App& app, CommandAction* action);

// Prints the version of the program.
int RunVersion(OutputFormat format, std::ostream& out);

}  // namespace sluice

#endif  // TOOLS_SLUICE_VERSION_COMMAND_H_
