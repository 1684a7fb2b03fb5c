// The configuration that joins the sandbox's services.
#ifndef TOOLS_DEMO_DEMO_CONFIG_H_
#define TOOLS_DEMO_DEMO_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::demo {

struct DemoConfig {
  // Path of the configuration file.
  std::string path;
  // NAME=value for the secrets it refers to.
  std::vector<std::string> environment;
};

// Writes a configuration of one pipeline, "demo", with source "sensors" and
// sinks "room-feed" and "ops", for a sandbox whose ready line is `ready_json`,
// into `directory`; the pipeline's data goes there too. Waits are short, so
// that minutes of trouble fit into seconds.
//   kUnavailable: a file cannot be written.  kInternal: the ready line lacks
//   something.
absl::StatusOr<DemoConfig> WriteDemoConfig(std::string_view ready_json,
                                           const std::string& directory);

}  // namespace sluice::demo

#endif  // TOOLS_DEMO_DEMO_CONFIG_H_
