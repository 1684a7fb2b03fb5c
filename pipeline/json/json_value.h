// Writing JSON from Boost.JSON values.
#ifndef PIPELINE_JSON_JSON_VALUE_H_
#define PIPELINE_JSON_JSON_VALUE_H_

#include <string>
#include <string_view>

#include "boost/json/fwd.hpp"

namespace sluice {

// Compact JSON on one line, members in order of insertion. Numbers in their
// shortest plain form (22.5, where Boost.JSON writes 2.25E1), texts as
// AppendJsonLineString() writes them.
std::string JsonText(const boost::json::value& value);
void AppendJsonText(const boost::json::value& value, std::string* out);

// `text` as a JSON string, with quotes. Characters that some readers take for
// line ends (U+0085, U+2028, U+2029) are escaped, as streams with one object
// per line want it.
void AppendJsonLineString(std::string_view text, std::string* out);
void AppendJsonNumber(double number, std::string* out);

// True: `value` is there and is this text.
bool IsText(const boost::json::value* value, std::string_view text);

}  // namespace sluice

#endif  // PIPELINE_JSON_JSON_VALUE_H_
