// main() of a `sluice`, whatever plugins are linked into it.
#ifndef TOOLS_SLUICE_SLUICE_MAIN_H_
#define TOOLS_SLUICE_SLUICE_MAIN_H_

#include <vector>

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice {

// Puts one or more plugins into the table, as RegisterBuiltinPlugins() and the
// function that each plugin's plugin.h declares.
using RegisterPlugins = absl::Status (*)(PluginRegistry& registry);

// Runs the command line with all subcommands and the plugins that the functions
// register, in their order. Returns an ExitCode (exit_codes.h), kExitFailure if
// two plugins have the same kind and name: stderr says which. Call it once,
// from main(); the rule sluice_binary in tools/bazel/deployment.bzl writes such
// a main().
int SluiceMain(int argc, char** argv,
               const std::vector<RegisterPlugins>& plugins);

}  // namespace sluice

#endif  // TOOLS_SLUICE_SLUICE_MAIN_H_
