// Writing JSON by appending to a string, for those who write much of it.
#ifndef PIPELINE_TEMPLATE_JSON_TEXT_H_
#define PIPELINE_TEMPLATE_JSON_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

// Appends `text` as a JSON string with its quotes. Only quotes, backslashes and
// control characters are escaped; everything else stays byte for byte.
// REQUIRES: `text` is UTF-8.
void AppendJsonString(std::string_view text, std::string* out);

// The same without the quotes.
void AppendJsonEscaped(std::string_view text, std::string* out);

// True when `text` is a number in the grammar of RFC 8259 section 6.
bool IsJsonNumber(std::string_view text);

// True when `text` is UTF-8.
bool IsUtf8(std::string_view text);

// Appends a moment as RFC 3339 in UTC, e.g. "2021-03-13T16:05:47.722334Z", with
// as many decimals as it has (none, 3, 6 or 9).
void AppendRfc3339(int64_t unix_nanos, std::string* out);

// Appends a moment as "2021-03-13T16:05:47.722334": UTC without a zone, always
// with six decimals, further ones cut off.
void AppendMicroseconds(int64_t unix_nanos, std::string* out);

}  // namespace sluice

#endif  // PIPELINE_TEMPLATE_JSON_TEXT_H_
