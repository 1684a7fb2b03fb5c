// Moments on the command line.
#ifndef TOOLS_SLUICE_MOMENT_H_
#define TOOLS_SLUICE_MOMENT_H_

#include <string>

#include "absl/time/time.h"

namespace sluice {

// A moment such as 2024-05-01T12:00:00Z, or how long ago it was: 30m, 24h, 7d.
// Throws CLI::ValidationError, which names `option`, when `text` is neither.
absl::Time ParseMoment(const std::string& option, const std::string& text);

}  // namespace sluice

#endif  // TOOLS_SLUICE_MOMENT_H_
