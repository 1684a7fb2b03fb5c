#include "tools/sandbox/control_page.h"

#include <string_view>

#include "absl/strings/str_cat.h"

namespace sluice::sandbox {
namespace {

constexpr char kHead[] = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice sandbox</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem;
       margin: 2rem auto; padding: 0 1rem; color: #1c2733; }
code { background: #eef2f6; padding: .1rem .3rem; border-radius: .2rem; }
</style>
</head>
<body>
<h1>Sluice sandbox</h1>
<p>See <a href="/status">status</a>, <a href="/ledger">ledger</a>,
<a href="/faults">faults</a>, <a href="/devices">devices</a>
and <a href="/ready">addresses and credentials</a>.</p>
)html";

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (char character : text) {
    switch (character) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += character;
    }
  }
  return escaped;
}

}  // namespace

std::string ControlPage(const std::vector<ServiceLinks>& services) {
  std::string html = kHead;
  for (const ServiceLinks& service : services) {
    absl::StrAppend(&html, "<h2>", Escaped(service.name), "</h2>\n<p><code>",
                    Escaped(service.url), "</code></p>\n");
    if (service.pages.empty()) continue;
    html += "<ul>\n";
    for (const Emulator::Page& page : service.pages) {
      absl::StrAppend(&html, "<li><a href=\"", Escaped(service.url),
                      Escaped(page.path), "\">", Escaped(page.title),
                      "</a></li>\n");
    }
    html += "</ul>\n";
  }
  html += "</body>\n</html>\n";
  return html;
}

}  // namespace sluice::sandbox
