// The option that brings plugins of shared objects along.
#ifndef TOOLS_SLUICE_LIBRARY_OPTION_H_
#define TOOLS_SLUICE_LIBRARY_OPTION_H_

#include <ostream>
#include <string>
#include <vector>

#include "pipeline/api/plugin_registry.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// Adds --library, which may be given several times.
void AddLibraryOption(CLI::App& command, const std::string& what,
                      std::vector<std::string>* libraries);

// Adds the plugins of each to `registry`; false: one cannot be used, which
// `err` says.
bool LoadLibraries(const std::vector<std::string>& libraries,
                   PluginRegistry& registry, std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LIBRARY_OPTION_H_
