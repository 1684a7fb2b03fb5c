// Writing JSON by appending to a string, for those who write much of it.
#ifndef PIPELINE_JSON_JSON_TEXT_H_
#define PIPELINE_JSON_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace sluice {

// Appends `text` as a JSON string with its quotes. Only quotes, backslashes and
// control characters are escaped; everything else stays byte for byte.
// REQUIRES: `text` is UTF-8.
void AppendJsonString(std::string_view text, std::string* out);

// The same without the quotes.
void AppendJsonEscaped(std::string_view text, std::string* out);

// True when `text` has a line feed or a carriage return.
bool HasLineBreak(std::string_view text);

// True when `text` is a number in the grammar of RFC 8259 section 6.
bool IsJsonNumber(std::string_view text);

// True when `text` is UTF-8.
bool IsUtf8(std::string_view text);

// `text` with each byte that is no part of a UTF-8 character replaced by
// U+FFFD.
std::string ToUtf8(std::string_view text);

}  // namespace sluice

#endif  // PIPELINE_JSON_JSON_TEXT_H_
