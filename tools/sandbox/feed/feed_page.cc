#include "tools/sandbox/feed/feed_page.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kFeedPath = "/pages/feed/";
constexpr size_t kPerPage = 50;

std::string FeedPathOf(std::string_view feed) {
  std::string path(feed);
  std::replace(path.begin(), path.end(), ':', '/');
  return absl::StrCat(ToAbsl(kFeedPath), path);
}

std::string FeedLink(std::string_view feed) {
  return absl::StrCat("<a href=\"", HtmlEscape(FeedPathOf(feed)), "\">",
                      HtmlEscape(feed), "</a>");
}

HttpResponse IndexPage(const FeedStore& store) {
  std::string body = absl::StrCat(
      "<p class=\"meta\">", store.activities(), " activities in ",
      store.feeds(),
      " feeds</p><table><tr><th>Feed</th><th class=\"number\">Activities</th>"
      "<th class=\"number\">Followers</th><th class=\"number\">Follows</th>"
      "</tr>");
  for (const FeedStore::Summary& feed : store.Feeds()) {
    absl::StrAppend(&body, "<tr><td>", FeedLink(feed.name),
                    "</td><td class=\"number\">", feed.activities,
                    "</td><td class=\"number\">", feed.followers,
                    "</td><td class=\"number\">", feed.following, "</td></tr>");
  }
  return HtmlPage(200, "Feeds", body + "</table>", /*live=*/true);
}

std::string Member(const json::object& members, std::string_view name) {
  const json::value* value = members.if_contains(name);
  if (value == nullptr) return "";
  return HtmlEscape(value->is_string() ? std::string(value->get_string())
                                       : JsonText(*value));
}

void AppendArticle(const FeedItem& item, std::string& out) {
  const json::object members =
      json::parse(absl::StrCat("{", item.activity->members, "}")).get_object();
  const std::string id = HtmlEscape(item.activity->id.ToText());
  absl::StrAppend(&out, "<article id=\"activity-", id, "\"><h2>",
                  Member(members, "actor"), " <em>", Member(members, "verb"),
                  "</em> ", Member(members, "object"),
                  "</h2><p class=\"meta\">", Member(members, "time"), " UTC · ",
                  Member(members, "foreign_id"));
  if (!item.origin.empty()) {
    absl::StrAppend(&out, " · from ", FeedLink(item.origin));
  }
  for (const std::string& feed : item.activity->to) {
    absl::StrAppend(&out, " · to ", FeedLink(feed));
  }
  out += "</p>";
  std::string rows;
  for (const auto& [name, value] : members) {
    if (name == "actor" || name == "verb" || name == "object" || name == "id" ||
        name == "time" || name == "foreign_id" ||
        (name == "target" && IsText(&value, ""))) {
      continue;
    }
    absl::StrAppend(&rows, "<tr><th>", HtmlEscape(name), "</th><td><code>",
                    Member(members, name), "</code></td></tr>");
  }
  if (!rows.empty()) absl::StrAppend(&out, "<table>", rows, "</table>");
  out += "</article>";
}

HttpResponse OneFeedPage(const FeedStore& store, const std::string& feed,
                         const HttpServerRequest& request) {
  FeedRange range{.limit = kPerPage};
  for (const auto& [name, value] : ParseQuery(request.query)) {
    if (name == "before") range.after = ActivityId::Parse(value);
  }
  const FeedPart part = store.Read(feed, range);
  std::string body = "<p><a href=\"/pages/\">All feeds</a></p>";
  if (part.items.empty()) body += "<p class=\"meta\">No activities.</p>";
  for (const FeedItem& item : part.items) AppendArticle(item, body);
  if (part.more) {
    absl::StrAppend(
        &body, "<p><a href=\"?before=", part.items.back().activity->id.ToText(),
        "\">Older activities</a></p>");
  }
  return HtmlPage(200, feed, body, /*live=*/true);
}

}  // namespace

HttpResponse FeedPage(const FeedStore& store,
                      const HttpServerRequest& request) {
  std::string_view path = request.path;
  if (path == "/" || path == "/pages/") return IndexPage(store);
  if (path.starts_with(kFeedPath)) {
    path.remove_prefix(kFeedPath.size());
    if (path.ends_with('/')) path.remove_suffix(1);
    std::string feed = PercentDecode(path);
    if (std::count(feed.begin(), feed.end(), '/') == 1) {
      std::replace(feed.begin(), feed.end(), '/', ':');
      return OneFeedPage(store, feed, request);
    }
  }
  return HtmlPage(404, "Not found", "<p><a href=\"/pages/\">All feeds</a></p>",
                  /*live=*/false);
}

}  // namespace sluice::sandbox
