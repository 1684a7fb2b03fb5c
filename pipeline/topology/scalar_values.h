// The texts of a configuration file as values.
#ifndef PIPELINE_TOPOLOGY_SCALAR_VALUES_H_
#define PIPELINE_TOPOLOGY_SCALAR_VALUES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

// Every function here returns kInvalidArgument with what is allowed, e.g. "must
// be a length of time such as 500ms, 24h or 1d"; the message does not repeat
// the text, which may come from the environment.

// A length of time: numbers with units d, h, m, s, ms, us, ns, in a row:
// "24h", "1d12h", "1.5s". "0" needs no unit. Never negative; at most 10,000
// years.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// A number of bytes: a whole number with B, kB, MB, GB, TB (powers of 1000) or
// KiB, MiB, GiB, TiB (powers of 1024), or without a unit.
absl::StatusOr<uint64_t> ParseByteSize(std::string_view text);

// Whole decimal numbers; `what` of the message is "a whole number from .. to
// ..".
absl::StatusOr<int64_t> ParseSigned(std::string_view text, int64_t min,
                                    int64_t max);
absl::StatusOr<uint64_t> ParseUnsigned(std::string_view text, uint64_t max);

// A finite number, e.g. "0.5", "1e3".
absl::StatusOr<double> ParseNumber(std::string_view text);

// "true" or "false".
absl::StatusOr<bool> ParseBool(std::string_view text);

// RFC 3339, e.g. "2024-05-01T12:00:00Z".
absl::StatusOr<absl::Time> ParseTimestamp(std::string_view text);

// As short as it is exact, in the words that ParseDuration() and
// ParseByteSize() read: "24h", "10GiB", "1000".
std::string DurationText(absl::Duration duration);
std::string ByteSizeText(uint64_t bytes);

// The value of an environment variable, or nullopt.
using Environment =
    std::function<std::optional<std::string>(std::string_view name)>;

// The environment of this process.
Environment ProcessEnvironment();

// `text` with ${NAME} and ${NAME:-default} replaced by the variable's value
// (the default also if the variable is empty) and $$ by $; any other $ stays.
// What was put in is not looked at again. `used` is called for each variable
// that gave its value.
//   kInvalidArgument: a variable is not set, or the form is wrong; the message
//   names the variable, never a value.
absl::StatusOr<std::string> ExpandVariables(
    std::string_view text, const Environment& environment,
    const std::function<void(std::string_view name, std::string_view value)>&
        used);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_SCALAR_VALUES_H_
