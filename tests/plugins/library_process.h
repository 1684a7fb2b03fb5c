// A real process with the plugins of a configuration.
#ifndef TESTS_PLUGINS_LIBRARY_PROCESS_H_
#define TESTS_PLUGINS_LIBRARY_PROCESS_H_

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/api/plugin_registry.h"
#include "pipeline/runtime/process.h"
#include "pipeline/topology/config_loader.h"

namespace sluice {

// The path of a shared object of this folder.
std::string LibraryPath(std::string_view name);

// What is wrong with a configuration, a line each.
std::vector<std::string> ProblemsOf(const std::string& config,
                                    const PluginRegistry& registry);

// The spec of a configuration; fails the test if it is wrong.
LoadResult Load(const std::string& config, const PluginRegistry& registry,
                const std::string& data_dir);

// Waits until everything of the finite sources of `process` is delivered, and
// stops it. Returns how it stood then; fails the test if it does not come to
// its end in a minute.
admin::v1::ProcessStatus AwaitTheEnd(Process& process);

// Runs a configuration until everything of its finite sources is delivered, and
// stops, as the two above.
admin::v1::ProcessStatus RunToTheEnd(const std::string& config,
                                     const PluginRegistry& registry,
                                     const std::string& data_dir);

// The value of a metric, all components together; of a histogram its count.
int64_t MetricOf(const admin::v1::ProcessStatus& status, std::string_view name);

}  // namespace sluice

#endif  // TESTS_PLUGINS_LIBRARY_PROCESS_H_
