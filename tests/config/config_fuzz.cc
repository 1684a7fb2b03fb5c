// A configuration file, over the real plugins.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  static const PluginRegistry* const registry = [] {
    auto* plugins = new PluginRegistry;
    CHECK(RegisterBuiltinPlugins(*plugins).ok());
    return plugins;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Environment environment =
      [](std::string_view name) -> std::optional<std::string> {
    if (name == "SET") return "value";
    return std::nullopt;
  };
  // Files that the input names are not loaded: their code would run.
  const ExternalPluginLoader load_plugins =
      [](const config::v1::ExternalPlugins& plugins, PluginRegistry&) {
        if (plugins.library() == "GOOD") return absl::OkStatus();
        return absl::InvalidArgumentError("it is not good");
      };
  const LoadResult result =
      LoadConfigText(text, "fuzz.yaml", *registry, environment, load_plugins);
  CHECK_NE(result.ok(), !result.problems.empty());
  for (const ConfigProblem& problem : result.problems) {
    CHECK(!problem.message.empty());
  }
  return 0;
}
