// `sluice bench`: how fast this build is on this machine.
#ifndef TOOLS_SLUICE_BENCH_COMMAND_H_
#define TOOLS_SLUICE_BENCH_COMMAND_H_

#include "tools/sluice/command.h"

namespace sluice {

void AddBenchCommand(CLI::App& app, CommandAction* action);

}  // namespace sluice

#endif  // TOOLS_SLUICE_BENCH_COMMAND_H_
