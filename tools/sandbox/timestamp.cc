#include "tools/sandbox/timestamp.h"

#include "absl/strings/ascii.h"
#include "tools/sandbox/to_absl.h"

namespace sluice::sandbox {

std::string FormatTimestamp(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::optional<absl::Time> ParseTimestamp(std::string_view text) {
  // ParseTime also takes "infinite-past" and spaces around.
  if (text.empty() || !absl::ascii_isdigit(text.front()) ||
      absl::ascii_isspace(text.back())) {
    return std::nullopt;
  }
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, nullptr)) {
    return std::nullopt;
  }
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

}  // namespace sluice::sandbox
