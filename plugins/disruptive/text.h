// Small things about text.
#ifndef PLUGINS_DISRUPTIVE_TEXT_H_
#define PLUGINS_DISRUPTIVE_TEXT_H_

#include <string>
#include <string_view>

namespace sluice::disruptive {

// Puts "?name=value" or "&name=value" at the end of `url`, encoded.
void AppendQuery(std::string* url, std::string_view name,
                 std::string_view value);

// The first `limit` bytes of `text`, fit for a message: control characters and
// bytes outside of ASCII are replaced.
std::string Excerpt(std::string_view text, size_t limit = 200);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_TEXT_H_
