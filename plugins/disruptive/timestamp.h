// Times as the service writes them.
#ifndef PLUGINS_DISRUPTIVE_TIMESTAMP_H_
#define PLUGINS_DISRUPTIVE_TIMESTAMP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::disruptive {

// The nanoseconds since the Unix epoch of an RFC 3339 time with zero to nine
// fractional digits and Z or an offset, e.g. "2021-05-16T08:13:15.361624Z".
// Nullopt: it is none.
std::optional<int64_t> ParseTimestamp(std::string_view text);

// Six fractional digits and Z, the form the service itself uses.
std::string FormatTimestamp(absl::Time time);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_TIMESTAMP_H_
