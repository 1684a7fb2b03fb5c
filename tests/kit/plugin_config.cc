#include "tests/kit/plugin_config.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/empty.pb.h"
#include "pipeline/topology/config_loader.h"
#include "storage/base/status_macros.h"
#include "tests/kit/kit_case.h"

namespace sluice::kit {
namespace {

using google::protobuf::Empty;

// The other end of a pipeline in which a plugin is tried; never made.
template <typename Component>
absl::StatusOr<std::unique_ptr<Component>> MakeNothing(const Empty&) {
  return std::unique_ptr<Component>();
}

std::string Indented(const std::string& config) {
  return absl::StrCat("          ",
                      absl::StrReplaceAll(config, {{"\n", "\n          "}}),
                      "\n");
}

// A configuration file with the component `config` of this kind.
std::string ConfigFile(PluginKind kind, const std::string& config) {
  const std::string plugin = Indented(config);
  const bool is_source = kind == PluginKind::kSource;
  const bool is_sink = kind == PluginKind::kSink;
  return absl::StrCat("data_dir: nowhere\npipelines:\n  kit:\n    sources:\n",
                      is_source ? absl::StrCat("      kit:\n", plugin)
                                : "      other: {kit_source: {}}\n",
                      kind == PluginKind::kTransform
                          ? absl::StrCat("    transforms:\n      -\n", plugin)
                          : "",
                      "    sinks:\n",
                      is_sink ? absl::StrCat("      kit:\n", plugin)
                              : "      another: {kit_sink: {}}\n");
}

LoadResult Load(const RegisterPlugin& register_plugin, PluginKind kind,
                const std::string& config, PluginRegistry& registry) {
  absl::Status status = register_plugin(registry);
  status.Update(
      registry.AddSource<Empty>("kit_source", "", MakeNothing<Source>));
  status.Update(registry.AddSink<Empty>("kit_sink", "", MakeNothing<Sink>));
  if (!status.ok()) {
    LoadResult result;
    result.problems.push_back({"kit", 0, "", std::string(status.ToString())});
    return result;
  }
  return LoadConfigText(ConfigFile(kind, config), "kit", registry,
                        ProcessEnvironment());
}

std::string Describe(const std::vector<ConfigProblem>& problems) {
  std::string text;
  for (const ConfigProblem& problem : problems) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", problem.ToString());
  }
  return text;
}

absl::StatusOr<PipelineSpec> LoadPipeline(const RegisterPlugin& register_plugin,
                                          PluginKind kind,
                                          const std::string& config) {
  PluginRegistry registry;
  LoadResult result = Load(register_plugin, kind, config, registry);
  if (!result.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the fixture's configuration is refused:\n", config, "\n",
                     Describe(result.problems)));
  }
  return std::move(result.loaded->spec.pipelines.at(0));
}

// Whether `path`, from the top of the file, is `field` of the plugin's
// configuration. What is above it has no dots but those of the path itself:
// pipelines.kit.sinks.kit.PLUGIN.FIELD.
bool IsField(std::string_view path, std::string_view field) {
  std::string_view rest = path;
  const bool in_list = path.starts_with("pipelines.kit.transforms[0].");
  for (int skip = in_list ? 4 : 5; skip > 0; --skip) {
    const size_t dot = rest.find_first_of(skip == 1 ? ".[" : ".");
    if (dot == std::string_view::npos) return skip == 1 && field.empty();
    rest.remove_prefix(rest[dot] == '.' ? dot + 1 : dot);
  }
  return rest == field;
}

absl::Status CheckRefusal(const RegisterPlugin& register_plugin,
                          PluginKind kind, const BadConfig& bad) {
  PluginRegistry registry;
  const LoadResult result = Load(register_plugin, kind, bad.config, registry);
  if (result.ok()) {
    return Broken("a configuration that should be refused is not:\n",
                  bad.config);
  }
  for (const ConfigProblem& problem : result.problems) {
    if (IsField(problem.path, bad.field)) return absl::OkStatus();
  }
  return Broken("the field \"", bad.field, "\" should be blamed for\n",
                bad.config, "\nbut what is said is\n",
                Describe(result.problems));
}

}  // namespace

absl::StatusOr<ComponentFactory<Source>> LoadSource(
    const RegisterPlugin& register_plugin, const std::string& config) {
  SLUICE_ASSIGN_OR_RETURN(
      PipelineSpec spec,
      LoadPipeline(register_plugin, PluginKind::kSource, config));
  return spec.sources.at(0).create;
}

absl::StatusOr<ComponentFactory<Transform>> LoadTransform(
    const RegisterPlugin& register_plugin, const std::string& config) {
  SLUICE_ASSIGN_OR_RETURN(
      PipelineSpec spec,
      LoadPipeline(register_plugin, PluginKind::kTransform, config));
  return spec.transforms.at(0).create;
}

absl::StatusOr<ComponentFactory<Sink>> LoadSink(
    const RegisterPlugin& register_plugin, const std::string& config) {
  SLUICE_ASSIGN_OR_RETURN(
      PipelineSpec spec,
      LoadPipeline(register_plugin, PluginKind::kSink, config));
  return spec.sinks.at(0).create;
}

absl::Status CheckRefusals(const RegisterPlugin& register_plugin,
                           PluginKind kind,
                           const std::vector<BadConfig>& configs) {
  if (configs.empty()) {
    return absl::UnimplementedError(
        "the fixture names no configuration that must be refused");
  }
  for (const BadConfig& bad : configs) {
    SLUICE_RETURN_IF_ERROR(CheckRefusal(register_plugin, kind, bad));
  }
  return absl::OkStatus();
}

}  // namespace sluice::kit
