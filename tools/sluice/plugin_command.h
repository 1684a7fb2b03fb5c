// `sluice plugin`.
#ifndef TOOLS_SLUICE_PLUGIN_COMMAND_H_
#define TOOLS_SLUICE_PLUGIN_COMMAND_H_

#include <ostream>
#include <string>

#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/command.h"

namespace sluice {

// `registry` outlives the action.
void AddPluginCommand(CLI::App& app, const PluginRegistry& registry,
                      CommandAction* action);

struct NewPluginOptions {
  // "source", "transform" or "sink".
  std::string kind;
  std::string name;
  // The folder to make; empty: the plugin's name.
  std::string directory;
  // The source of Sluice; empty: what the current folder lies in. A plugin in
  // Python needs none.
  std::string sluice;
  // A program of its own, in a language other than that of Sluice.
  bool out_of_process = false;
  std::string language = "c++";
};

// Writes the workspace and says what to do next. kExitUsage: a name that cannot
// be or is taken in `registry`, a folder that is there, no source of Sluice,
// options that do not go together;
// kExitFailure: the folder cannot be written. `err` says which; nothing is left
// behind then.
int RunNewPlugin(const NewPluginOptions& options,
                 const PluginRegistry& registry, std::ostream& out,
                 std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLUGIN_COMMAND_H_
