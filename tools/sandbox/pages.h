// HTML pages of the emulated services, for people who look at what arrived.
#ifndef TOOLS_SANDBOX_PAGES_H_
#define TOOLS_SANDBOX_PAGES_H_

#include <string>
#include <string_view>

#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// `text` for use between tags and in attributes with quotes.
std::string HtmlEscape(std::string_view text);

// A page as its author wants it: `body` is HTML for <main>, `aside` for the
// header beside the title; style and script are the page's own.
struct HtmlParts {
  std::string_view title;
  std::string_view body;
  std::string_view aside = {};
  std::string_view style = {};   // added to that of all pages
  std::string_view script = {};  // empty: none
};

// A whole page. Nothing is loaded from elsewhere and no script runs but the
// page's own, which the page's Content-Security-Policy enforces.
HttpResponse HtmlDocument(int status, const HtmlParts& parts);

// The same around `body`; with `live` the page shows anew what stands there,
// once a second.
HttpResponse HtmlPage(int status, std::string_view title, std::string_view body,
                      bool live);

// HTML of a subset of Markdown: paragraphs, headings, lists, quotes, fenced and
// inline code, emphasis and links to http and https. A fence of code ends at
// one as long as it began. Anything else, HTML included, stays as text.
std::string MarkdownToHtml(std::string_view text);

// HTML of plain text, its line ends kept.
std::string TextToHtml(std::string_view text);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_PAGES_H_
