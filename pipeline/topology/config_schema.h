// The shape of configuration files, for editors and for other programs.
#ifndef PIPELINE_TOPOLOGY_CONFIG_SCHEMA_H_
#define PIPELINE_TOPOLOGY_CONFIG_SCHEMA_H_

#include "boost/json.hpp"
#include "pipeline/api/plugin_registry.h"

namespace sluice {

// A JSON Schema (draft 2020-12) of files with the plugins of `registry`. What
// LoadConfig() takes is valid by it; it tells keys, types, words and which
// plugins there are, and not what depends on values (ranges, names that must
// exist, files that must be readable).
boost::json::object ConfigSchema(const PluginRegistry& registry);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_CONFIG_SCHEMA_H_
