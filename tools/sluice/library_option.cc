#include "tools/sluice/library_option.h"

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pipeline/abi/host/plugin_library.h"

namespace sluice {

void AddLibraryOption(CLI::App& command, const std::string& what,
                      std::vector<std::string>* libraries) {
  command
      .add_option("--library", *libraries,
                  absl::StrCat(what, "; may be given several times"))
      ->allow_extra_args(false)
      ->type_name("FILE");
}

bool LoadLibraries(const std::vector<std::string>& libraries,
                   PluginRegistry& registry, std::ostream& err) {
  for (const std::string& library : libraries) {
    const absl::Status status = abi::LoadPluginLibrary(library, registry);
    if (status.ok()) continue;
    err << "sluice: --library: " << std::string(status.message()) << "\n";
    return false;
  }
  return true;
}

}  // namespace sluice
