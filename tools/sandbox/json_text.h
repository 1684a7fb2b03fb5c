// JSON as the emulated services write it.
#ifndef TOOLS_SANDBOX_JSON_TEXT_H_
#define TOOLS_SANDBOX_JSON_TEXT_H_

#include <string>
#include <string_view>

#include "boost/json/fwd.hpp"

namespace sluice::sandbox {

// Compact JSON on one line, members in order of insertion. Numbers in their
// shortest plain form (22.5, where Boost.JSON writes 2.25E1). Characters that
// some readers take for line ends (U+0085, U+2028, U+2029) are escaped.
std::string JsonText(const boost::json::value& value);
void AppendJsonText(const boost::json::value& value, std::string& out);
// True: `value` is there and is this text.
bool IsText(const boost::json::value* value, std::string_view text);

// `text` as a JSON string, with quotes.
void AppendJsonString(std::string_view text, std::string& out);
void AppendJsonNumber(double number, std::string& out);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_JSON_TEXT_H_
