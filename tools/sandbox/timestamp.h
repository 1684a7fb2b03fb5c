// Timestamps as the Disruptive Technologies API writes and reads them.
#ifndef TOOLS_SANDBOX_TIMESTAMP_H_
#define TOOLS_SANDBOX_TIMESTAMP_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::sandbox {

// RFC 3339 in UTC with six digits: "2021-05-16T08:13:15.361624Z".
std::string FormatTimestamp(absl::Time time);

// RFC 3339 with 0 to 9 digits of fraction and Z or an offset; digits beyond
// microseconds are cut. Nullopt: it is not.
std::optional<absl::Time> ParseTimestamp(std::string_view text);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_TIMESTAMP_H_
