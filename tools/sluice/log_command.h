// `sluice log inspect` and `sluice log verify`.
#ifndef TOOLS_SLUICE_LOG_COMMAND_H_
#define TOOLS_SLUICE_LOG_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct LogCommandOptions {
  std::string data_dir;
  // Empty: all that the directory has.
  std::vector<std::string> pipelines;
  OutputFormat output = OutputFormat::kText;
  // Shows how far a verification is, on one line that is written again.
  bool show_progress = false;
};

void AddLogCommand(CLI::App& app, CommandAction* action);

// Prints what the logs hold: events, cursors, counters, dead letters.
int RunLogInspect(const LogCommandOptions& options, std::ostream& out,
                  std::ostream& err);

// Reads all of the logs. kExitFindings if anything is damaged, missing or
// unaccounted for.
int RunLogVerify(const LogCommandOptions& options, std::ostream& out,
                 std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOG_COMMAND_H_
