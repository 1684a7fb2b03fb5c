// Makes a program of plugins that are written against pipeline/api, for
// `plugins: [{process: {command: [PROGRAM]}}]` in a configuration:
//
//   // acme_process.cc, in srcs of sluice_plugin_process (tools/bazel/defs.bzl)
//   #include "acme/plugin.h"
//   #include "pipeline/plugin_process/program/serve.h"
//
//   SLUICE_PLUGIN_PROCESS(acme::RegisterAcme)
//
// The same function registers them where they are linked in or loaded.
#ifndef PIPELINE_PLUGIN_PROCESS_PROGRAM_SERVE_H_
#define PIPELINE_PLUGIN_PROCESS_PROGRAM_SERVE_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::plugin_process {

using RegisterPlugins = absl::Status (*)(PluginRegistry& registry);

// Serves the plugins that `register_plugins` registers to the sluice that
// started this program, until the component that it runs is stopped. Returns
// the exit code of the program: 0; 1 if it cannot serve; 2 if it was not
// started by sluice. What is wrong goes to standard error.
int ServePlugins(RegisterPlugins register_plugins);

}  // namespace sluice::plugin_process

// At namespace scope, outside any namespace, once in a program.
#define SLUICE_PLUGIN_PROCESS(register_plugins)                      \
  int main() {                                                       \
    return ::sluice::plugin_process::ServePlugins(register_plugins); \
  }

#endif  // PIPELINE_PLUGIN_PROCESS_PROGRAM_SERVE_H_
