// Source code as HTML with its words marked.
#ifndef TOOLS_SANDBOX_INTHING_CODE_HIGHLIGHT_H_
#define TOOLS_SANDBOX_INTHING_CODE_HIGHLIGHT_H_

#include <string>
#include <string_view>

namespace sluice::sandbox {

// `code` escaped for HTML, with comments, strings, numbers, keywords and tags
// in <span> elements of the classes c, s, n, k and t. `language` is one of the
// service's (python, ruby, c, cpp, javascript, html, xml); code in any other is
// escaped only. Without its spans the result is HtmlEscape(code).
std::string HighlightCode(std::string_view code, std::string_view language);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_CODE_HIGHLIGHT_H_
