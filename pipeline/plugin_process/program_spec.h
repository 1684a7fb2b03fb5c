// How a program with plugins is started and watched.
#ifndef PIPELINE_PLUGIN_PROCESS_PROGRAM_SPEC_H_
#define PIPELINE_PLUGIN_PROCESS_PROGRAM_SPEC_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/config/v1/config.pb.h"

namespace sluice::plugin_process {

// What proto/config/v1/config.proto says of PluginProgram, with its defaults.
struct ProgramSpec {
  std::string name;
  std::vector<std::string> command;
  std::string directory;
  // Names of the variables that are passed on.
  std::vector<std::string> environment;
  absl::Duration start_timeout = absl::Seconds(10);
  absl::Duration heartbeat_timeout = absl::Seconds(30);
  absl::Duration stop_grace = absl::Seconds(5);
  absl::Duration restart_initial = absl::Milliseconds(200);
  absl::Duration restart_max = absl::Seconds(30);
  size_t max_message_bytes = size_t{4} << 20;

  // For messages: "plugin process NAME".
  std::string label() const { return "plugin process " + name; }
};

// Checks `config` and fills in the defaults.
//   kInvalidArgument: a ConfigError with the field that is wrong.
absl::StatusOr<ProgramSpec> ReadProgramSpec(
    const config::v1::PluginProgram& config);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROGRAM_SPEC_H_
