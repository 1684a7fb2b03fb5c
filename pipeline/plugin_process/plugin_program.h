// Plugins from programs (docs/plugin_process.md).
#ifndef PIPELINE_PLUGIN_PROCESS_PLUGIN_PROGRAM_H_
#define PIPELINE_PLUGIN_PROCESS_PLUGIN_PROGRAM_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/plugin_process/plugin_probe.h"
#include "proto/config/v1/config.pb.h"

namespace sluice::plugin_process {

// The processes that answer questions while a configuration is loaded. Dropping
// it kills them; questions that come later start one anew.
using Probes = std::vector<std::shared_ptr<PluginProbe>>;

// Starts the program, asks what it has, and adds its plugins to `registry`, all
// or none. What the entries create is checked by the program, once for each
// configuration, and runs in a process of its own from its start to its stop.
//
// Starting runs the program: only one that the operator chose may come here.
// Blocks, at most `start_timeout`.
//
//   kInvalidArgument: `config` is wrong (a ConfigError with its field), the
//   program does not run or answer, speaks another version of the protocol, or
//   describes a plugin that cannot be; the message says which and why.
//   kAlreadyExists: `registry` has a plugin of that kind and name.
absl::Status AddPluginsOfProgram(const config::v1::PluginProgram& config,
                                 PluginRegistry& registry, Probes& probes);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PLUGIN_PROGRAM_H_
