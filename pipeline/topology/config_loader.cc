#include "pipeline/topology/config_loader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "pipeline/abi/host/plugin_library.h"
#include "pipeline/plugin_process/plugin_program.h"
#include "pipeline/topology/message_reader.h"
#include "pipeline/topology/spec_builder.h"
#include "pipeline/topology/yaml_node.h"

namespace sluice {
namespace {

// Top-level keys that begin so are left alone: a place for anchors.
constexpr std::string_view kIgnoredPrefix = "x-";

constexpr char kPluginsKey[] = "plugins";

absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return absl::NotFoundError(
        absl::StrCat("cannot read the file: ", std::strerror(errno)));
  }
  const auto close_file = absl::MakeCleanup([file] { close(file); });
  std::string text(kMaxConfigBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot read the file: ", std::strerror(errno)));
    }
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  return text;
}

YamlNode WithoutIgnoredKeys(const YamlNode& root) {
  YamlNode node = root;
  std::erase_if(node.entries, [](const YamlEntry& entry) {
    return entry.key.starts_with(kIgnoredPrefix);
  });
  return node;
}

absl::Status LoadOne(const config::v1::ExternalPlugins& plugins,
                     const ExternalPluginLoader& load,
                     PluginRegistry& registry) {
  if (plugins.library().empty() && !plugins.has_process()) {
    return absl::InvalidArgumentError(
        "the path of a shared object is needed, or a process");
  }
  if (!plugins.library().empty() && plugins.has_process()) {
    return absl::InvalidArgumentError(
        "an entry is a library or a process; give each its own");
  }
  return load(plugins, registry);
}

// Where in the file entry `index` is wrong.
std::string PathOf(const config::v1::ExternalPlugins& plugins, size_t index,
                   const std::string& field) {
  const std::string path = JoinIndex(kPluginsKey, index);
  if (!plugins.has_process() || !plugins.library().empty()) {
    return JoinKey(path, "library");
  }
  const std::string process = JoinKey(path, "process");
  return field.empty() ? process : absl::StrCat(process, ".", field);
}

// Loads what the file names at `plugins`, for the rest of it to be read with.
// False: not all of it, and `problems` say why.
bool LoadPlugins(const YamlNode& root, const Environment& environment,
                 const ExternalPluginLoader& load, PluginRegistry& registry,
                 ConfigProblems& problems) {
  YamlNode node = root;
  std::erase_if(node.entries, [](const YamlEntry& entry) {
    return entry.key != kPluginsKey;
  });
  if (node.entries.empty()) return true;
  const size_t problems_before = problems.count();
  config::v1::Config config;
  const ReadResult read = ReadMessage(node, *MakePluginTable(registry),
                                      environment, config, problems);
  if (problems.count() != problems_before) return false;
  for (int i = 0; i < config.plugins_size(); ++i) {
    const config::v1::ExternalPlugins& plugins = config.plugins(i);
    const absl::Status status = LoadOne(plugins, load, registry);
    if (!status.ok()) {
      const std::string path =
          PathOf(plugins, static_cast<size_t>(i), ConfigErrorField(status));
      problems.Add(read.lines.Find(path), path,
                   WithoutVariables(read, std::string(status.message())));
    }
  }
  return problems.count() == problems_before;
}

LoadResult Failed(ConfigProblems& problems) {
  LoadResult result;
  result.problems = problems.Take();
  return result;
}

}  // namespace

ExternalPluginLoader MakeExternalPluginLoader() {
  return [probes = std::make_shared<plugin_process::Probes>()](
             const config::v1::ExternalPlugins& plugins,
             PluginRegistry& registry) {
    if (!plugins.has_process()) {
      return abi::LoadPluginLibrary(plugins.library(), registry);
    }
    return plugin_process::AddPluginsOfProgram(plugins.process(), registry,
                                               *probes);
  };
}

LoadResult LoadConfig(const std::string& path, const PluginRegistry& registry) {
  const absl::StatusOr<std::string> text = ReadConfigFile(path);
  if (!text.ok()) {
    ConfigProblems problems(path);
    problems.Add(0, "", std::string(text.status().message()));
    return Failed(problems);
  }
  return LoadConfigText(*text, path, registry, ProcessEnvironment());
}

LoadResult LoadConfigText(std::string_view text, const std::string& file,
                          const PluginRegistry& registry,
                          const Environment& environment,
                          const ExternalPluginLoader& load_plugins) {
  ConfigProblems problems(file);
  if (text.size() > kMaxConfigBytes) {
    problems.Add(0, "",
                 absl::StrCat("the file is larger than ",
                              ByteSizeText(kMaxConfigBytes)));
    return Failed(problems);
  }
  const YamlNodePtr root = ParseYaml(text, YamlLimits(), problems);
  if (root == nullptr) return Failed(problems);
  auto known = std::make_shared<PluginRegistry>(&registry);
  if (!LoadPlugins(*root, environment, load_plugins, *known, problems)) {
    return Failed(problems);
  }
  LoadedConfig loaded;
  const std::unique_ptr<PluginTable> plugins = MakePluginTable(*known);
  const ReadResult read = ReadMessage(WithoutIgnoredKeys(*root), *plugins,
                                      environment, loaded.config, problems);
  loaded.spec = BuildSpec(loaded.config, read, *known, problems);
  if (!problems.empty()) return Failed(problems);
  loaded.plugins = std::move(known);
  loaded.text = std::string(text);
  loaded.file = file;
  LoadResult result;
  result.loaded = std::move(loaded);
  return result;
}

}  // namespace sluice
