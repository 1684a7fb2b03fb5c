// Small things about text.
#ifndef PLUGINS_DISRUPTIVE_TEXT_H_
#define PLUGINS_DISRUPTIVE_TEXT_H_

#include <string>
#include <string_view>

namespace sluice::disruptive {

// Puts "?name=value" or "&name=value" at the end of `url`, encoded.
void AppendQuery(std::string* url, std::string_view name,
                 std::string_view value);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_TEXT_H_
