// Small things about text.
#ifndef PLUGINS_DISRUPTIVE_TEXT_H_
#define PLUGINS_DISRUPTIVE_TEXT_H_

#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace sluice::disruptive {

// Debian's Abseil has a string_view of its own.
inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

// `text` with every byte outside of RFC 3986's unreserved set as %XX.
std::string PercentEncoded(std::string_view text);

// Puts "?name=value" or "&name=value" at the end of `url`, encoded.
void AppendQuery(std::string* url, std::string_view name,
                 std::string_view value);

// The first `limit` bytes of `text`, fit for a message: control characters and
// bytes outside of ASCII are replaced.
std::string Excerpt(std::string_view text, size_t limit = 200);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_TEXT_H_
