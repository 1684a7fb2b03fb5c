// Who `sluice disruptive` is, and where the service is.
#ifndef TOOLS_SLUICE_DISRUPTIVE_ACCESS_H_
#define TOOLS_SLUICE_DISRUPTIVE_ACCESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/disruptive/config.pb.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// Options of every `sluice disruptive` command. What is not given comes from
// the source of a configuration file, if one is named, and then from the
// environment as the vendor's client reads it.
struct DisruptiveAccess {
  std::string project;
  // Configuration file, and the source `disruptive` in it; empty: the only one.
  std::string config_file;
  std::string source;
  std::string credentials_file;
  std::string key_id;
  std::string email;
  // The secret itself is never an argument.
  std::string secret_file;
  std::string secret_env;
  bool basic = false;
  std::string base_url;
  std::string emulator_base_url;
  std::string token_url;
  std::string ca_file;
};

void AddAccessOptions(CLI::App& command, DisruptiveAccess* access);

// The configuration of a source with these options on top.
//   kInvalidArgument: the file or the source in it cannot be used.
absl::StatusOr<disruptive::v1::DisruptiveConfig> MakeDisruptiveConfig(
    const DisruptiveAccess& access, const PluginRegistry& registry);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DISRUPTIVE_ACCESS_H_
