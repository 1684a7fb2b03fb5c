#include "tools/sandbox/inthing/inthing_page.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/http/url.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/inthing/code_highlight.h"
#include "tools/sandbox/inthing/inthing_look.h"
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

std::string Tags(const InthingEvent& event) {
  if (event.tags.empty()) return "";
  std::string html = "<p class=\"tags\">";
  for (const std::string& tag : event.tags) {
    html += Link(absl::StrCat("/tag/", PercentEncode(tag), "/"), "#" + tag);
  }
  return html + "</p>";
}

std::string ImageHtml(const InthingStream& stream, const InthingEvent& event) {
  if (event.image_type.empty()) return "";
  return absl::StrCat("<img alt=\"", HtmlEscape(event.image_name),
                      "\" src=\"/in/uploads/", stream.id, "/", event.id, ".",
                      ToAbsl(event.image_type.substr(6)), "\">");
}

// What a card shows below its title (templates/.../events/*.html).
std::string BodyHtml(const InthingStream& stream, const InthingEvent& event) {
  if (event.type == "meta") return MarkupHtml("markdown", event.text);
  const std::string description = MarkupHtml(event.markup, event.description);
  if (event.type == "image" || event.type == "screenshot") {
    return ImageHtml(stream, event) + description;
  }
  if (event.type != "code") return description;
  const absl::string_view code = absl::StripAsciiWhitespace(event.text);
  if (code.empty()) return "";
  return absl::StrCat(description, "<pre><code class=\"language-",
                      HtmlEscape(event.code_language), "\">",
                      HighlightCode(ToStd(code), event.code_language),
                      "</code></pre>");
}

std::string Heading(const InthingStream& stream) {
  return absl::StrCat(
      "<p class=\"meta\">", Link("/", "All streams"), " · <code>", stream.id,
      "</code> · ",
      stream.claimed() ? Link("/" + stream.user, stream.user) : "unclaimed",
      " · <span id=\"posts\" data-count=\"", stream.posts, "\">", stream.posts,
      stream.posts == 1 ? " post" : " posts", "</span></p>");
}

std::string ClaimCard(const InthingStream& stream) {
  return absl::StrCat(
      "<section class=\"card\"><h2>Claim this Stream?</h2><p>Until it is "
      "claimed, anyone who knows this page may post to it.</p><a "
      "class=\"button\" href=\"/s/",
      stream.id, "/claim/\">Claim Stream</a></section>");
}

std::string PasswordCard(std::string_view password) {
  return absl::StrCat(
      "<section class=\"card\"><h2>The stream is yours</h2><p>From now on "
      "posts need its password, which is shown only now: <code "
      "class=\"secret\">",
      HtmlEscape(password), "</code></p></section>");
}

std::string StreamTable(const std::vector<const InthingStream*>& streams) {
  std::string body =
      "<section class=\"card\"><table><tr><th>Stream</th><th>Owner</th>"
      "<th class=\"number\">Posts</th></tr>";
  for (const InthingStream* stream : streams) {
    absl::StrAppend(&body, "<tr><td>", Link(stream->Path(), stream->title),
                    "</td><td>",
                    stream->claimed() ? Link("/" + stream->user, stream->user)
                                      : "<em>unclaimed</em>",
                    "</td><td class=\"number\">", stream->posts, "</td></tr>");
  }
  return body + "</table></section>";
}

std::string Field(std::string_view name, std::string_view input) {
  return absl::StrCat("<label>", ToAbsl(name), ToAbsl(input), "</label>");
}

std::string TextField(std::string_view name) {
  return Field(name, absl::StrCat("<input name=\"", ToAbsl(name), "\">"));
}

std::string LongField(std::string_view name) {
  return Field(name, absl::StrCat("<textarea name=\"", ToAbsl(name),
                                  "\" rows=\"4\"></textarea>"));
}

std::string ChoiceField(std::string_view name,
                        std::initializer_list<std::string_view> choices) {
  std::string select = absl::StrCat("<select name=\"", ToAbsl(name), "\">");
  for (const std::string_view choice : choices) {
    absl::StrAppend(&select, "<option>", ToAbsl(choice), "</option>");
  }
  return Field(name, select + "</select>");
}

}  // namespace

HttpResponse InthingIndexPage(const InthingStore& store) {
  std::vector<const InthingStream*> newest;
  const auto& streams = store.streams();
  for (auto stream = streams.rbegin();
       stream != streams.rend() && newest.size() < kPerPage; ++stream) {
    newest.push_back(stream->get());
  }
  return InthingPage(200, "Streams", StreamTable(newest));
}

HttpResponse InthingUserPage(std::string_view user,
                             const std::vector<const InthingStream*>& streams) {
  return InthingPage(200, user, StreamTable(streams));
}

HttpResponse InthingApiPage() {
  return InthingPage(
      200, "API",
      "<section class=\"card\"><p><code>POST /api/public/</code>: JSON-RPC 2.0 "
      "with the methods <code>stream.new</code> and <code>greet</code>.</p>"
      "<p><code>POST /api/new-event/?format=json</code>: a form with the "
      "fields stream, password, title, type, priority, markup, description, "
      "text, generator, time, code_language, image.</p></section>");
}

HttpResponse InthingFormPage(std::string_view action,
                             const InthingStream* stream) {
  const std::string body = absl::StrCat(
      "<form class=\"card\" method=\"post\" enctype=\"multipart/form-data\" "
      "action=\"",
      HtmlEscape(action), "\">", stream == nullptr ? TextField("stream") : "",
      stream == nullptr || stream->claimed() ? TextField("password") : "",
      TextField("title"),
      ChoiceField("type", {"text", "code", "image", "screenshot"}),
      ChoiceField("priority", {"0", "+2", "+1", "-1", "-2"}),
      ChoiceField("markup", {"markdown", "text", "html", "bbcode"}),
      LongField("description"), LongField("text"),
      ChoiceField("code_language", {"", "python", "ruby", "c", "cpp",
                                    "javascript", "html", "xml"}),
      TextField("generator"),
      Field("image", "<input type=\"file\" name=\"image\">"),
      "<button>Post</button></form>");
  return InthingPage(200, stream == nullptr ? "New event" : stream->title,
                     body);
}

HttpResponse InthingResultPage(std::string_view result) {
  return InthingPage(
      200, "Result",
      absl::StrCat("<section class=\"card\"><pre><code>", HtmlEscape(result),
                   "</code></pre></section>"));
}

std::string InthingEventHtml(const InthingStream& stream,
                             const InthingEvent& event) {
  const std::string_view priority = PriorityName(event.priority);
  const std::string css =
      priority.empty() ? "" : absl::StrCat("p", event.priority);
  const int64_t seconds = absl::ToUnixSeconds(event.time);
  return absl::StrCat(
      "<article id=\"event-", event.id, "\" class=\"", css, "\" data-order=\"",
      event.order, "\" data-pk=\"", event.order, "\" data-time=\"", seconds,
      "\" data-type=\"", HtmlEscape(event.type), "\"><h2>",
      Link(absl::StrCat("/e/", event.id, "/"), event.title), " ",
      css.empty() ? ""
                  : absl::StrCat("<span class=\"badge ", css, "\">",
                                 ToAbsl(priority), "</span>"),
      "</h2><p class=\"meta\">",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", event.time,
                       absl::UTCTimeZone()),
      " · ", HtmlEscape(event.generator.empty() ? "?" : event.generator), " » ",
      Link(stream.Path(), stream.title), "</p>", BodyHtml(stream, event),
      Tags(event), "</article>");
}

HttpResponse InthingStreamPage(const InthingStream& stream,
                               std::string_view password) {
  std::string body = Heading(stream);
  if (!password.empty()) body += PasswordCard(password);
  if (!stream.claimed()) body += ClaimCard(stream);
  absl::StrAppend(
      &body, "<section id=\"events\" data-live=\"/s/", stream.id,
      "/live/\" data-source=\"stream-", stream.number, "\" data-order=\"",
      stream.events.empty() ? 0 : stream.events.front()->order, "\">");
  size_t shown = 0;
  for (const auto& event : stream.events) {
    if (++shown > kPerPage) break;
    body += InthingEventHtml(stream, *event);
  }
  return InthingPage(200, stream.title, body + "</section>", /*live=*/true);
}

HttpResponse InthingEventPage(const InthingStream& stream,
                              const InthingEvent& event) {
  return InthingPage(200, event.title, InthingEventHtml(stream, event));
}

HttpResponse InthingTagPage(std::string_view tag, const InthingStore& store) {
  // Newest first, whatever its stream.
  std::map<int64_t, std::string, std::greater<>> cards;
  for (const auto& stream : store.streams()) {
    for (const auto& event : stream->events) {
      if (cards.size() >= kPerPage && event->order < cards.rbegin()->first) {
        break;
      }
      if (std::find(event->tags.begin(), event->tags.end(), tag) ==
          event->tags.end()) {
        continue;
      }
      cards[event->order] = InthingEventHtml(*stream, *event);
      if (cards.size() > kPerPage) cards.erase(std::prev(cards.end()));
    }
  }
  std::string body;
  for (const auto& [order, card] : cards) body += card;
  return InthingPage(200, absl::StrCat("#", ToAbsl(tag)),
                     body.empty() ? "<p>No event has this tag.</p>" : body);
}

HttpResponse InthingImage(const InthingEvent& event) {
  if (event.image_type.empty()) return InthingNotFoundPage();
  if (event.image_dropped) {
    return InthingPage(410, "Gone", "<p>Newer images took its place.</p>");
  }
  return {.status = 200,
          .headers = {{"Content-Type", std::string(event.image_type)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy", "default-src 'none'"}},
          .body = event.image};
}

HttpResponse InthingClaimPage(const InthingStream& stream,
                              std::string_view error) {
  std::string body = "<section class=\"card\">";
  if (!error.empty()) {
    absl::StrAppend(&body, "<p class=\"wrong\"><strong>", HtmlEscape(error),
                    "</strong></p>");
  }
  if (stream.claimed()) {
    absl::StrAppend(&body, "<p>", Link(stream.Path(), "To the stream"), "</p>");
  } else {
    absl::StrAppend(
        &body,
        "<form method=\"post\"><label>User name <input name=\"username\" "
        "maxlength=\"30\"></label>"
        "<button name=\"claim\" value=\"yes\">Yes, make it mine</button> "
        "<button name=\"claim\" value=\"no\">No, I don't want it</button>"
        "</form>");
  }
  return InthingPage(200, "Claim this Stream?", body + "</section>");
}

HttpResponse InthingNotFoundPage() {
  return InthingPage(404, "Not found", "<p><a href=\"/\">All streams</a></p>");
}

HttpResponse InthingBrokenPage() {
  return InthingPage(500, "Internal error",
                     "<p>Something broke while this page was made.</p>");
}

}  // namespace sluice::sandbox
