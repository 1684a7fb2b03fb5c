// Reads configuration files (docs/configuration.md).
#ifndef PIPELINE_TOPOLOGY_CONFIG_LOADER_H_
#define PIPELINE_TOPOLOGY_CONFIG_LOADER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/pipeline_spec.h"
#include "pipeline/topology/scalar_values.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {

// Larger files are refused.
inline constexpr size_t kMaxConfigBytes = size_t{4} << 20;

struct LoadedConfig {
  // What the file says, without defaults.
  config::v1::Config config;
  // What to run.
  ProcessSpec spec;
  // The plugins that it chose from: those of the registry it was loaded with,
  // which outlives this, and those that it loaded itself.
  std::shared_ptr<const PluginRegistry> plugins;
  // The text, and what it was called.
  std::string text;
  std::string file;
};

// Either a configuration or at least one problem.
struct LoadResult {
  std::optional<LoadedConfig> loaded;
  // Every mistake of the file, by line.
  std::vector<ConfigProblem> problems;

  bool ok() const { return loaded.has_value(); }
};

// Adds the plugins that one entry of `plugins` names to the registry.
//   kInvalidArgument, kAlreadyExists: it cannot; the message says why, and a
//   ConfigError also which field of the entry.
using ExternalPluginLoader = std::function<absl::Status(
    const config::v1::ExternalPlugins&, PluginRegistry&)>;

// The one for real: loads shared objects (pipeline/abi/host/plugin_library.h,
// which says when that may be done) and starts programs
// (pipeline/plugin_process/plugin_program.h), which end with it.
ExternalPluginLoader MakeExternalPluginLoader();

// Loads the file at `path`, with variables from the environment of the process.
// Reads the secrets it refers to, to see that they are there, and makes and
// drops one instance of each component; otherwise touches nothing and connects
// to nothing. Loads the plugins it names first, and if that fails says only so;
// may block as long as their programs take to start.
// Never throws. Of the result only `plugins` refers to `registry`.
LoadResult LoadConfig(const std::string& path, const PluginRegistry& registry);

// Loads `text`; `file` is its name in problems.
LoadResult LoadConfigText(
    std::string_view text, const std::string& file,
    const PluginRegistry& registry, const Environment& environment,
    const ExternalPluginLoader& load_plugins = MakeExternalPluginLoader());

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_CONFIG_LOADER_H_
