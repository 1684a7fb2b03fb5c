#include "pipeline/service/plugin_message.h"

#include <string>

#include "google/protobuf/descriptor.h"

namespace sluice {
namespace {

using admin::v1::ListPluginsResponse;
using admin::v1::Plugin;

template <typename Component>
void Add(Plugin::Kind kind, const std::string& name,
         const PluginEntry<Component>& entry, ListPluginsResponse& list) {
  Plugin* plugin = list.add_plugins();
  plugin->set_kind(kind);
  plugin->set_name(name);
  plugin->set_summary(entry.summary);
  plugin->set_library(entry.library);
  plugin->set_process(entry.process);
  const google::protobuf::Descriptor& config = *entry.config->GetDescriptor();
  for (int i = 0; i < config.field_count(); ++i) {
    plugin->add_fields(config.field(i)->name());
  }
}

}  // namespace

ListPluginsResponse DescribePlugins(const PluginRegistry& registry) {
  ListPluginsResponse list;
  for (const std::string& name : registry.source_names()) {
    Add(Plugin::SOURCE, name, *registry.source(name), list);
  }
  for (const std::string& name : registry.transform_names()) {
    Add(Plugin::TRANSFORM, name, *registry.transform(name), list);
  }
  for (const std::string& name : registry.sink_names()) {
    Add(Plugin::SINK, name, *registry.sink(name), list);
  }
  return list;
}

}  // namespace sluice
