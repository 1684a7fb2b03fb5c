// `sluice log inspect|verify|repair|export`.
#ifndef TOOLS_SLUICE_LOG_COMMAND_H_
#define TOOLS_SLUICE_LOG_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "tools/sluice/command.h"
#include "tools/sluice/log_export.h"
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

struct LogExportOptions {
  LogExport wanted;
  // A file that is not there yet; empty: to the output.
  std::string out;
};

void AddLogCommand(CLI::App& app, CommandAction* action);

// Prints what the logs hold: events, cursors, counters, dead letters.
int RunLogInspect(const LogCommandOptions& options, std::ostream& out,
                  std::ostream& err);

// Reads all of the logs. kExitFindings if anything is damaged, newly lost or
// unaccounted for.
int RunLogVerify(const LogCommandOptions& options, std::ostream& out,
                 std::ostream& err);

// Repairs the logs. kExitFindings if anything is lost, or still wrong.
int RunLogRepair(const LogCommandOptions& options, std::ostream& out,
                 std::ostream& err);

// Writes the events of a log. kExitFindings if some are lost.
int RunLogExport(const LogExportOptions& options, std::ostream& out,
                 std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOG_COMMAND_H_
