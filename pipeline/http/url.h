// Percent-encoding and query strings (RFC 3986,
// application/x-www-form-urlencoded).
#ifndef PIPELINE_HTTP_URL_H_
#define PIPELINE_HTTP_URL_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

// Percent-decodes `text`; '+' becomes a space when `plus_is_space` (query
// strings). Bad escapes stay as they are.
std::string PercentDecode(std::string_view text, bool plus_is_space = false);

// Percent-encodes everything but the unreserved characters of RFC 3986
// section 2.3.
std::string PercentEncode(std::string_view text);

// The decoded name=value pairs of a query or of an
// application/x-www-form-urlencoded body, in order. A name without '=' has an
// empty value; empty pieces ("a=1&&b=2") are skipped.
std::vector<std::pair<std::string, std::string>> ParseQuery(
    std::string_view query);

}  // namespace sluice

#endif  // PIPELINE_HTTP_URL_H_
