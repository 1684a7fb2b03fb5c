// `sluice validate`.
#ifndef TOOLS_SLUICE_VALIDATE_COMMAND_H_
#define TOOLS_SLUICE_VALIDATE_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/config_loader.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct ValidateOptions {
  std::vector<std::string> configs;
  OutputFormat output = OutputFormat::kText;
};

// `registry` outlives the action.
void AddValidateCommand(CLI::App& app, const PluginRegistry& registry,
                        CommandAction* action);

// Checks configuration files and starts nothing: kExitOk if all are good, else
// kExitUsage. As text, mistakes go to `err`, one a line; as JSON, everything
// goes to `out`.
int RunValidate(const ValidateOptions& options, const PluginRegistry& registry,
                std::ostream& out, std::ostream& err);

// Prints each mistake on its line.
void PrintProblems(const std::vector<ConfigProblem>& problems,
                   std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_VALIDATE_COMMAND_H_
