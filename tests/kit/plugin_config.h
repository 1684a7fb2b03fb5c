// From a plugin's configuration in YAML to what makes it, the way a
// configuration file is read.
#ifndef TESTS_KIT_PLUGIN_CONFIG_H_
#define TESTS_KIT_PLUGIN_CONFIG_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/pipeline_spec.h"

namespace sluice::kit {

using RegisterPlugin = std::function<absl::Status(PluginRegistry&)>;

// A configuration that must be refused.
struct BadConfig {
  // As a fixture's Config().
  std::string config;
  // The field to blame, as a path within the plugin's configuration, e.g.
  // "url" or "labels.room"; empty: the configuration as a whole.
  std::string field;
};

// What makes instances of the plugin that `config` names: the YAML of one
// component, e.g. "null: {}" or "acme:\n  url: http://localhost\n".
//   kInvalidArgument: the configuration is refused; the message is what
//   `sluice validate` would say.
absl::StatusOr<ComponentFactory<Source>> LoadSource(
    const RegisterPlugin& register_plugin, const std::string& config);
absl::StatusOr<ComponentFactory<Transform>> LoadTransform(
    const RegisterPlugin& register_plugin, const std::string& config);
absl::StatusOr<ComponentFactory<Sink>> LoadSink(
    const RegisterPlugin& register_plugin, const std::string& config);

// The kinds of components, as CheckRefusals() wants to know.
enum class PluginKind { kSource, kTransform, kSink };

// OK if each of `configs` is refused with its field named. kUnimplemented:
// there are none.
absl::Status CheckRefusals(const RegisterPlugin& register_plugin,
                           PluginKind kind,
                           const std::vector<BadConfig>& configs);

}  // namespace sluice::kit

#endif  // TESTS_KIT_PLUGIN_CONFIG_H_
