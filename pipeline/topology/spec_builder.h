// From the messages of a configuration to what the runtime builds.
#ifndef PIPELINE_TOPOLOGY_SPEC_BUILDER_H_
#define PIPELINE_TOPOLOGY_SPEC_BUILDER_H_

#include <memory>
#include <string>

#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/message_reader.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {

// The plugins of `registry` for the components of a Config. `registry`
// outlives the result.
std::unique_ptr<PluginTable> MakePluginTable(const PluginRegistry& registry);

// `message` with the names of environment variables in the place of their
// values: a plugin may quote what it was given, and what came from the
// environment may be meant for no eyes.
std::string WithoutVariables(const ReadResult& read, std::string message);

// Checks names, ranges and relations, fills in defaults, and lets each plugin's
// factory check its own configuration. What is wrong is added to `problems`,
// with the lines of `read`, which ReadMessage() gave together with `config`;
// the result is then of no use. It needs neither `registry` nor `read` any
// more.
ProcessSpec BuildSpec(const config::v1::Config& config, const ReadResult& read,
                      const PluginRegistry& registry, ConfigProblems& problems);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_SPEC_BUILDER_H_
