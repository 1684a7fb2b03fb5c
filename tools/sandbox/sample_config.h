// A pipeline configuration that joins the sandbox's services.
#ifndef TOOLS_SANDBOX_SAMPLE_CONFIG_H_
#define TOOLS_SANDBOX_SAMPLE_CONFIG_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::sandbox {

// Writes a configuration of one pipeline, "demo", with source "sensors" and
// sinks "room-feed" and "ops", for a sandbox whose ready line is `ready_json`,
// into `folder`, which is made if it is not there, with the files of its
// secrets; the pipeline's data will go there too. The device cloud gets at most
// `requests_per_second` requests. Waits are short, so that
// minutes of trouble fit into seconds. Returns the configuration's path.
//   kUnavailable: a file cannot be written.
//   kInternal: the ready line lacks something.
absl::StatusOr<std::string> WriteSampleConfig(std::string_view ready_json,
                                              const std::string& folder,
                                              int requests_per_second);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_SAMPLE_CONFIG_H_
