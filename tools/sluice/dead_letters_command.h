// `sluice dead-letters list|show|export|redrive|edit|purge`.
#ifndef TOOLS_SLUICE_DEAD_LETTERS_COMMAND_H_
#define TOOLS_SLUICE_DEAD_LETTERS_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "pipeline/runtime/dead_letter_box.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct DeadLettersOptions {
  // Where they are: in the logs of this directory, or, if a process uses it or
  // `admin` has an address, with that process.
  std::string data_dir;
  AdminClientOptions admin;
  // Empty: all that the directory has.
  std::vector<std::string> pipelines;
  OutputFormat output = OutputFormat::kText;
  // `redrive` and `purge` in a process: how far they are goes to `err`.
  bool show_progress = false;
  DeadLetterFilter filter;
  // `list`: letters per pipeline, and the id that they come after.
  size_t limit = 50;
  uint64_t after = 0;
  // `show`, `edit`.
  uint64_t id = 0;
  // `show`: the payload, and nothing else.
  bool raw = false;
  // `redrive`, `purge`: an empty filter is meant.
  bool all = false;
  bool dry_run = false;
  // `redrive`: the sinks to go to.
  std::vector<std::string> to;
  DeadLetterEdit edit;
};

void AddDeadLettersCommand(CLI::App& app, CommandAction* action);

// All print to `out`, say on `err` what is wrong, and return an ExitCode:
// kExitFailure for a letter or a sink that is not there, kExitUsage for options
// that cannot be, kExitDataDir for a directory that cannot be used.
int RunDeadLettersList(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err);
int RunDeadLettersShow(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err);
// One JSON object per line.
int RunDeadLettersExport(const DeadLettersOptions& options, std::ostream& out,
                         std::ostream& err);
// kExitFindings when some could not be redriven.
int RunDeadLettersRedrive(const DeadLettersOptions& options, std::ostream& out,
                          std::ostream& err);
int RunDeadLettersEdit(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err);
int RunDeadLettersPurge(const DeadLettersOptions& options, std::ostream& out,
                        std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DEAD_LETTERS_COMMAND_H_
