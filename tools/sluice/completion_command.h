// `sluice completion`: scripts for shells.
#ifndef TOOLS_SLUICE_COMPLETION_COMMAND_H_
#define TOOLS_SLUICE_COMPLETION_COMMAND_H_

#include <ostream>
#include <string>

#include "tools/sluice/command.h"
#include "tools/sluice/completion.h"

namespace sluice {

struct CompletionOptions {
  // What the program is called where the script is used.
  std::string program = "sluice";
};

// Adds `sluice completion bash` and `sluice completion zsh`, which know all
// commands that `app` has by the time they run; see command.h.
void AddCompletionCommand(CLI::App& app, CommandAction* action);

// Prints the script to `out`. Returns the exit code.
int PrintCompletion(const CLI::App& app, Shell shell,
                    const CompletionOptions& options, std::ostream& out,
                    std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_COMPLETION_COMMAND_H_
