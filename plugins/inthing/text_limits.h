// Text cut to what the service stores, counted in Unicode code points.
#ifndef PLUGINS_INTHING_TEXT_LIMITS_H_
#define PLUGINS_INTHING_TEXT_LIMITS_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::inthing {

// Characters the service has room for
// (willmcgugan/timeline at 0ca45ba9: logic/models.xml and logic/forms.xml).
inline constexpr size_t kMaxTitle = 100;
inline constexpr size_t kMaxGenerator = 100;
inline constexpr size_t kMaxDescription = 16 * 1024;
inline constexpr size_t kMaxText = 64 * 1024;

// Code points in `text`, which is UTF-8.
size_t CountCodePoints(std::string_view text);

// Cuts `text` to `max_code_points`, the last of them an ellipsis. True: it was
// longer.
bool Truncate(size_t max_code_points, std::string* text);

// `text` on one line: each run of white space becomes one space, none at the
// ends.
std::string OneLine(std::string_view text);

// Puts a backslash before what CommonMark would take as markup
// (https://spec.commonmark.org/0.30/#backslash-escapes).
std::string EscapeMarkdown(std::string_view text);

// "#" and the word that hashtags are made of: what is no ASCII letter, digit,
// "_" or part of a non-ASCII character becomes "_". Empty: there is no letter
// or digit in `text`.
std::string Hashtag(std::string_view text);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_TEXT_LIMITS_H_
