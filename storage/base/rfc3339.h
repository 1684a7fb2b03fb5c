// Moments as text: RFC 3339.
#ifndef STORAGE_BASE_RFC3339_H_
#define STORAGE_BASE_RFC3339_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice {

// The nanoseconds since the Unix epoch of an RFC 3339 time with zero to nine
// fractional digits and Z or an offset, e.g. "2021-05-16T08:13:15.361624Z".
// Nullopt: it is none.
std::optional<int64_t> ParseRfc3339(std::string_view text);
std::optional<absl::Time> ParseRfc3339Time(std::string_view text);

// Appends a moment as RFC 3339 in UTC, e.g. "2021-03-13T16:05:47.722334Z", with
// as many decimals as it has (none, 3, 6 or 9).
void AppendRfc3339(int64_t unix_nanos, std::string* out);

// Appends a moment as "2021-03-13T16:05:47.722334": UTC without a zone, always
// with six decimals, further ones cut off.
void AppendMicroseconds(int64_t unix_nanos, std::string* out);

// "2021-03-13T16:05:47.722334Z": always six decimals, further ones cut off.
std::string Rfc3339Micros(absl::Time time);

}  // namespace sluice

#endif  // STORAGE_BASE_RFC3339_H_
