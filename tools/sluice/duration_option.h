// Options that take "500ms", "10s", "1h".
#ifndef TOOLS_SLUICE_DURATION_OPTION_H_
#define TOOLS_SLUICE_DURATION_OPTION_H_

#include <string>

#include "absl/time/time.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// `*value` keeps its value unless the option is given.
void AddDurationOption(CLI::App& command, const std::string& name,
                       const std::string& help, absl::Duration* value);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DURATION_OPTION_H_
