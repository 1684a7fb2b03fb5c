#include "tools/sandbox/inthing/inthing_page.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kPerPage = 100;

std::string Link(std::string_view path, std::string_view label) {
  return absl::StrCat("<a href=\"", HtmlEscape(path), "\">", HtmlEscape(label),
                      "</a>");
}

std::string_view PriorityName(int priority) {
  switch (priority) {
    case 2:
      return "Urgent";
    case 1:
      return "Important";
    default:
      return {};
  }
}

// Markup that is not rendered is shown as it is.
std::string MarkupHtml(std::string_view markup, std::string_view text) {
  if (text.empty()) return "";
  return markup == "markdown" ? MarkdownToHtml(text) : TextToHtml(text);
}

std::string EventHtml(const InthingStream& stream, const InthingEvent& event) {
  std::string html = absl::StrCat(
      "<article id=\"event-", event.id, "\" data-order=\"", event.order,
      "\" data-type=\"", HtmlEscape(event.type), "\"><h2>",
      Link(absl::StrCat("/e/", event.id, "/"), event.title), " ");
  const std::string_view priority = PriorityName(event.priority);
  if (!priority.empty()) {
    absl::StrAppend(&html, "<span class=\"badge high\">", ToAbsl(priority),
                    "</span>");
  }
  absl::StrAppend(&html, "</h2><p class=\"meta\">",
                  absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", event.time,
                                   absl::UTCTimeZone()),
                  " · ",
                  HtmlEscape(event.generator.empty() ? "?" : event.generator),
                  " » ", Link(stream.Path(), stream.title), "</p>");
  if (!event.image_type.empty()) {
    absl::StrAppend(&html, "<img alt=\"\" src=\"/in/uploads/", stream.id, "/",
                    event.id, ".", ToAbsl(event.image_type.substr(6)), "\">");
  }
  if (event.type == "meta") {
    html += MarkdownToHtml(event.text);
  } else {
    html += MarkupHtml(event.markup, event.description);
  }
  if (event.type == "code" && !event.text.empty()) {
    absl::StrAppend(&html, "<pre><code>", HtmlEscape(event.text),
                    "</code></pre>");
  }
  return html + "</article>";
}

}  // namespace

HttpResponse InthingIndexPage(const InthingStore& store) {
  std::string body =
      "<table><tr><th>Stream</th><th>Owner</th>"
      "<th class=\"number\">Posts</th></tr>";
  const auto& streams = store.streams();
  for (auto stream = streams.rbegin(); stream != streams.rend(); ++stream) {
    absl::StrAppend(&body, "<tr><td>",
                    Link((*stream)->Path(), (*stream)->title), "</td><td>",
                    (*stream)->claimed() ? HtmlEscape((*stream)->user)
                                         : "<em>unclaimed</em>",
                    "</td><td class=\"number\">", (*stream)->posts,
                    "</td></tr>");
  }
  return HtmlPage(200, "Streams", body + "</table>", /*live=*/true);
}

HttpResponse InthingApiPage() {
  return HtmlPage(
      200, "API",
      "<p><code>POST /api/public/</code>: JSON-RPC 2.0 with the methods "
      "<code>stream.new</code> and <code>greet</code>.</p>"
      "<p><code>POST /api/new-event/?format=json</code>: a form with the "
      "fields "
      "stream, password, title, type, priority, markup, description, text, "
      "generator, time, code_language, image.</p>",
      /*live=*/false);
}

HttpResponse InthingStreamPage(const InthingStream& stream) {
  std::string body = absl::StrCat(
      "<p class=\"meta\">", Link("/", "All streams"), " · <code>", stream.id,
      "</code> · ",
      stream.claimed() ? HtmlEscape(stream.user) : std::string("unclaimed"),
      " · ", stream.posts, " posts</p>");
  if (!stream.claimed()) {
    absl::StrAppend(
        &body,
        "<article><h2>Claim this Stream?</h2><p>Until it is claimed, anyone "
        "may post to it.</p><a class=\"button\" href=\"/s/",
        stream.id, "/claim/\">Claim Stream</a></article>");
  }
  size_t shown = 0;
  for (const auto& event : stream.events) {
    if (++shown > kPerPage) break;
    body += EventHtml(stream, *event);
  }
  return HtmlPage(200, stream.title, body, /*live=*/true);
}

HttpResponse InthingEventPage(const InthingStream& stream,
                              const InthingEvent& event) {
  return HtmlPage(200, event.title, EventHtml(stream, event), /*live=*/false);
}

HttpResponse InthingImage(const InthingEvent& event) {
  return {.status = 200,
          .headers = {{"Content-Type", std::string(event.image_type)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy", "default-src 'none'"}},
          .body = event.image};
}

HttpResponse InthingClaimPage(const InthingStream& stream,
                              std::string_view error) {
  std::string body;
  if (!error.empty()) {
    absl::StrAppend(&body, "<p><strong>", HtmlEscape(error), "</strong></p>");
  }
  if (stream.claimed()) {
    absl::StrAppend(&body, "<p>", Link(stream.Path(), "To the stream"), "</p>");
  } else {
    absl::StrAppend(
        &body,
        "<form method=\"post\"><p><label>User name <input "
        "name=\"username\" maxlength=\"30\"></label></p>"
        "<button name=\"claim\" value=\"yes\">Yes, make it mine</button> "
        "<button name=\"claim\" value=\"no\">No, I don't want it</button>"
        "</form>");
  }
  return HtmlPage(200, "Claim this Stream?", body, /*live=*/false);
}

HttpResponse InthingClaimedPage(const InthingStream& stream) {
  return HtmlPage(
      200, "Claimed",
      absl::StrCat("<p>The stream is yours. Its password, shown only now: "
                   "<code>",
                   HtmlEscape(stream.password), "</code></p><p>",
                   Link(stream.Path(), "To the stream"), "</p>"),
      /*live=*/false);
}

}  // namespace sluice::sandbox
