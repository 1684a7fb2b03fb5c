// The table of plugins: name, configuration message, factory.
#ifndef PIPELINE_API_PLUGIN_REGISTRY_H_
#define PIPELINE_API_PLUGIN_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "pipeline/api/sink.h"
#include "pipeline/api/source.h"
#include "pipeline/api/transform.h"

namespace sluice {

// A configuration error a factory finds: `field` is the path within the
// plugin's own configuration, e.g. "label_filters". The loader turns it into
// file:line and the full path.
//   return ConfigError("rate", "0 is not allowed; give events per second above
//   0");
absl::Status ConfigError(std::string_view field, std::string_view message);
// The field of a ConfigError, or "" for any other status.
std::string ConfigErrorField(const absl::Status& status);

template <typename Component>
struct PluginEntry {
  // An empty message of the plugin's configuration type; the loader fills a
  // copy of it.
  std::unique_ptr<google::protobuf::Message> config;
  // Checks a filled configuration as a whole and makes the component. Touches
  // nothing outside: `sluice validate` calls it too.
  std::function<absl::StatusOr<std::unique_ptr<Component>>(
      const google::protobuf::Message&)>
      create;
  // One line for `sluice plugins`.
  std::string summary;
};

// All plugins a binary knows. Filled by plain functions at start
// (plugins/builtin), then only read.
//
// Each plugin has its one registering function:
//   absl::Status RegisterNull(PluginRegistry& registry) {
//     return registry.AddSink<NullSinkConfig>("null", "accepts everything",
//     [](const NullSinkConfig& config) { ... });
//   }
class PluginRegistry {
 public:
  template <typename Component>
  using Factory = std::function<absl::StatusOr<std::unique_ptr<Component>>(
      const google::protobuf::Message&)>;

  // kAlreadyExists: there is a plugin of this kind and name.
  template <typename Config, typename Create>
  absl::Status AddSource(std::string_view name, std::string_view summary,
                         Create create) {
    return Add<Config, Source>(sources_, name, summary, std::move(create));
  }
  template <typename Config, typename Create>
  absl::Status AddTransform(std::string_view name, std::string_view summary,
                            Create create) {
    return Add<Config, Transform>(transforms_, name, summary,
                                  std::move(create));
  }
  template <typename Config, typename Create>
  absl::Status AddSink(std::string_view name, std::string_view summary,
                       Create create) {
    return Add<Config, Sink>(sinks_, name, summary, std::move(create));
  }

  // Nullptr: no such plugin.
  const PluginEntry<Source>* source(std::string_view name) const {
    return Find(sources_, name);
  }
  const PluginEntry<Transform>* transform(std::string_view name) const {
    return Find(transforms_, name);
  }
  const PluginEntry<Sink>* sink(std::string_view name) const {
    return Find(sinks_, name);
  }

  // Names in order, for messages and listings.
  std::vector<std::string> source_names() const { return Names(sources_); }
  std::vector<std::string> transform_names() const {
    return Names(transforms_);
  }
  std::vector<std::string> sink_names() const { return Names(sinks_); }

 private:
  template <typename Component>
  using Table = std::map<std::string, PluginEntry<Component>, std::less<>>;

  template <typename Config, typename Component, typename Create>
  static absl::Status Add(Table<Component>& table, std::string_view name,
                          std::string_view summary, Create create) {
    PluginEntry<Component> entry;
    entry.config = std::make_unique<Config>();
    entry.create =
        [create = std::move(create)](const google::protobuf::Message& config)
        -> absl::StatusOr<std::unique_ptr<Component>> {
      return create(static_cast<const Config&>(config));
    };
    entry.summary = std::string(summary);
    if (!table.emplace(std::string(name), std::move(entry)).second) {
      return absl::AlreadyExistsError("plugin \"" + std::string(name) +
                                      "\" is registered twice");
    }
    return absl::OkStatus();
  }

  template <typename Component>
  static const PluginEntry<Component>* Find(const Table<Component>& table,
                                            std::string_view name) {
    auto it = table.find(name);
    return it == table.end() ? nullptr : &it->second;
  }

  template <typename Component>
  static std::vector<std::string> Names(const Table<Component>& table) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : table) names.push_back(name);
    return names;
  }

  Table<Source> sources_;
  Table<Transform> transforms_;
  Table<Sink> sinks_;
};

}  // namespace sluice

#endif  // PIPELINE_API_PLUGIN_REGISTRY_H_
