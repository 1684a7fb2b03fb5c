#include "tools/sluice/moment.h"

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "pipeline/topology/scalar_values.h"

namespace sluice {

absl::Time ParseMoment(const std::string& option, const std::string& text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  const absl::StatusOr<absl::Duration> ago = ParseDuration(text);
  if (ago.ok()) return absl::Now() - *ago;
  throw CLI::ValidationError(
      option, absl::StrCat("\"", text,
                           "\" is not allowed; must be a moment such as "
                           "2024-05-01T12:00:00Z, or a length of time back "
                           "from now such as 30m, 24h or 7d"));
}

}  // namespace sluice
