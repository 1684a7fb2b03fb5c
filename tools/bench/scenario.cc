#include "tools/bench/scenario.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace sluice::bench {

absl::StatusOr<std::string> MakeFolder(const ScenarioOptions& options,
                                       const std::string& name) {
  const std::string folder = absl::StrCat(options.data_dir, "/", name);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the folder ", folder, ": ", error.message()));
  }
  return folder;
}

}  // namespace sluice::bench
