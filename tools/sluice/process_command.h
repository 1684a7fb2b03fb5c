// `sluice info` and `sluice log-level`: a running process as a whole.
#ifndef TOOLS_SLUICE_PROCESS_COMMAND_H_
#define TOOLS_SLUICE_PROCESS_COMMAND_H_

#include <ostream>
#include <string>

#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct ProcessOptions {
  AdminClientOptions admin;
  OutputFormat output = OutputFormat::kText;
  // "error", "warning", "info" or "debug"; empty: it stays as it is.
  std::string log_level;
};

// Each adds the subcommand of its name; see command.h.
void AddInfoCommand(CLI::App& app, CommandAction* action);
void AddLogLevelCommand(CLI::App& app, CommandAction* action);

// Do what the commands say. Each returns the exit code.
int ShowInfo(const ProcessOptions& options, std::ostream& out,
             std::ostream& err);
// Changes the level, if one is given, and prints the one that holds.
int ShowLogLevel(const ProcessOptions& options, std::ostream& out,
                 std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PROCESS_COMMAND_H_
