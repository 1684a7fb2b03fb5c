#include "tools/sluice/duration_option.h"

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "pipeline/topology/scalar_values.h"

namespace sluice {

void AddDurationOption(CLI::App& command, const std::string& name,
                       const std::string& help, absl::Duration* value) {
  command
      .add_option_function<std::string>(
          name,
          [name, value](const std::string& text) {
            const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
            if (!parsed.ok()) {
              throw CLI::ValidationError(
                  name, std::string(parsed.status().message()));
            }
            *value = *parsed;
          },
          help)
      ->type_name("DURATION");
}

}  // namespace sluice
