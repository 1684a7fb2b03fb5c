// HTML pages of the emulated services, for people who look at what arrived.
#ifndef TOOLS_SANDBOX_PAGES_H_
#define TOOLS_SANDBOX_PAGES_H_

#include <string>
#include <string_view>

#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// `text` for use between tags and in attributes with quotes.
std::string HtmlEscape(std::string_view text);

// A whole page around `body`, which is HTML already. Nothing is loaded from
// elsewhere and no script runs but the page's own, which the page's
// Content-Security-Policy enforces. With `live` the page shows anew what stands
// in `body`, once a second.
HttpResponse HtmlPage(int status, std::string_view title, std::string_view body,
                      bool live);

// HTML of a subset of Markdown: paragraphs, headings, lists, quotes, fenced and
// inline code, emphasis and links to http and https. Anything else, HTML
// included, stays as text.
std::string MarkdownToHtml(std::string_view text);

// HTML of plain text, its line ends kept.
std::string TextToHtml(std::string_view text);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_PAGES_H_
