// The table of plugins: name, configuration message, factory.
#ifndef PIPELINE_API_PLUGIN_REGISTRY_H_
#define PIPELINE_API_PLUGIN_REGISTRY_H_

#include <algorithm>
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
  // What `config` and everything made of it needs to live; null for types that
  // are compiled in.
  std::shared_ptr<const void> config_type;
  // An empty message of the plugin's configuration type.
  std::unique_ptr<google::protobuf::Message> config;
  // Checks a filled configuration as a whole and makes the component. Touches
  // nothing outside: `sluice validate` calls it too.
  std::function<absl::StatusOr<std::unique_ptr<Component>>(
      const google::protobuf::Message&)>
      create;
  // One line for `sluice plugins`.
  std::string summary;
  // The file it was loaded from; empty: from none.
  std::string library;
  // The name of the program that it runs as; empty: it runs in this process.
  std::string process;
  // What that program is and how it is started, as bytes to compare: when they
  // change, its components are made anew.
  std::string origin;

  // An empty configuration for the loader to fill. Does not refer to this.
  std::shared_ptr<google::protobuf::Message> NewConfig() const {
    return {config->New(),
            [type = config_type](google::protobuf::Message* message) {
              delete message;
            }};
  }
};

// All plugins a binary knows. Filled by plain functions at start
// (plugins/builtin), then only read. A registry may stand on another one: it
// has the plugins of that one and its own, those a configuration loads for
// instance.
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

  PluginRegistry() = default;
  // `base` outlives this and stays as it is.
  explicit PluginRegistry(const PluginRegistry* base) : base_(base) {}

  // kAlreadyExists: there is a plugin of this kind and name.
  absl::Status Add(std::string_view name, PluginEntry<Source> entry) {
    return AddNew(name, std::move(entry), source(name), &sources_);
  }
  absl::Status Add(std::string_view name, PluginEntry<Transform> entry) {
    return AddNew(name, std::move(entry), transform(name), &transforms_);
  }
  absl::Status Add(std::string_view name, PluginEntry<Sink> entry) {
    return AddNew(name, std::move(entry), sink(name), &sinks_);
  }

  // The same for a configuration message that is compiled in; `create` takes
  // that message.
  template <typename Config, typename Create>
  absl::Status AddSource(std::string_view name, std::string_view summary,
                         Create create) {
    return Add(name, MakeEntry<Config, Source>(summary, std::move(create)));
  }
  template <typename Config, typename Create>
  absl::Status AddTransform(std::string_view name, std::string_view summary,
                            Create create) {
    return Add(name, MakeEntry<Config, Transform>(summary, std::move(create)));
  }
  template <typename Config, typename Create>
  absl::Status AddSink(std::string_view name, std::string_view summary,
                       Create create) {
    return Add(name, MakeEntry<Config, Sink>(summary, std::move(create)));
  }

  // Nullptr: no such plugin.
  const PluginEntry<Source>* source(std::string_view name) const {
    const auto* own = Find(sources_, name);
    return own != nullptr || base_ == nullptr ? own : base_->source(name);
  }
  const PluginEntry<Transform>* transform(std::string_view name) const {
    const auto* own = Find(transforms_, name);
    return own != nullptr || base_ == nullptr ? own : base_->transform(name);
  }
  const PluginEntry<Sink>* sink(std::string_view name) const {
    const auto* own = Find(sinks_, name);
    return own != nullptr || base_ == nullptr ? own : base_->sink(name);
  }

  // Names in order, for messages and listings.
  std::vector<std::string> source_names() const {
    return Names(sources_, &PluginRegistry::source_names);
  }
  std::vector<std::string> transform_names() const {
    return Names(transforms_, &PluginRegistry::transform_names);
  }
  std::vector<std::string> sink_names() const {
    return Names(sinks_, &PluginRegistry::sink_names);
  }

 private:
  template <typename Component>
  using Table = std::map<std::string, PluginEntry<Component>, std::less<>>;

  template <typename Config, typename Component, typename Create>
  static PluginEntry<Component> MakeEntry(std::string_view summary,
                                          Create create) {
    PluginEntry<Component> entry;
    entry.config = std::make_unique<Config>();
    entry.create =
        [create = std::move(create)](const google::protobuf::Message& config)
        -> absl::StatusOr<std::unique_ptr<Component>> {
      return create(static_cast<const Config&>(config));
    };
    entry.summary = std::string(summary);
    return entry;
  }

  template <typename Component>
  static absl::Status AddNew(std::string_view name,
                             PluginEntry<Component> entry,
                             const PluginEntry<Component>* present,
                             Table<Component>* table) {
    if (present != nullptr) {
      return absl::AlreadyExistsError("plugin \"" + std::string(name) +
                                      "\" is registered twice");
    }
    table->emplace(std::string(name), std::move(entry));
    return absl::OkStatus();
  }

  template <typename Component>
  static const PluginEntry<Component>* Find(const Table<Component>& table,
                                            std::string_view name) {
    auto it = table.find(name);
    return it == table.end() ? nullptr : &it->second;
  }

  template <typename Component>
  std::vector<std::string> Names(
      const Table<Component>& table,
      std::vector<std::string> (PluginRegistry::*of_base)() const) const {
    std::vector<std::string> names;
    if (base_ != nullptr) names = (base_->*of_base)();
    for (const auto& [name, entry] : table) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }

  const PluginRegistry* base_ = nullptr;
  Table<Source> sources_;
  Table<Transform> transforms_;
  Table<Sink> sinks_;
};

}  // namespace sluice

#endif  // PIPELINE_API_PLUGIN_REGISTRY_H_
