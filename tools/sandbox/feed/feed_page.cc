#include "tools/sandbox/feed/feed_page.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view kFeedPath = "/pages/feed/";
constexpr std::string_view kAllFeeds =
    "<p><a href=\"/pages/\">All feeds</a></p>";
constexpr size_t kPerPage = 50;
constexpr size_t kShownRelations = 50;
constexpr size_t kShownOfGroup = 5;

const char* KindName(const FeedService& service, std::string_view feed) {
  switch (service.groups.KindOf(feed).value_or(FeedKind::kFlat)) {
    case FeedKind::kAggregated:
      return "aggregated";
    case FeedKind::kNotification:
      return "notifications";
    case FeedKind::kFlat:
      break;
  }
  return "flat";
}

std::string FeedLink(std::string_view feed) {
  std::string path(feed);
  std::replace(path.begin(), path.end(), ':', '/');
  return absl::StrCat("<a class=\"badge\" href=\"",
                      HtmlEscape(absl::StrCat(ToAbsl(kFeedPath), path)), "\">",
                      HtmlEscape(feed), "</a>");
}

HttpResponse IndexPage(const FeedService& service) {
  std::string body = absl::StrCat(
      "<p class=\"meta\">", service.feeds.activities(), " activities in ",
      service.feeds.feeds(), " feeds · ", service.reactions.size(),
      " reactions · ", service.users.size(), " users · ",
      service.collections.size(),
      " objects in collections</p><table><tr><th>Feed</th><th>Kind</th>"
      "<th class=\"number\">Activities</th><th class=\"number\">Followers</th>"
      "<th class=\"number\">Follows</th></tr>");
  for (const FeedStore::Summary& feed : service.feeds.Feeds()) {
    absl::StrAppend(&body, "<tr><td>", FeedLink(feed.name), "</td><td>",
                    KindName(service, feed.name), "</td><td class=\"number\">",
                    feed.activities, "</td><td class=\"number\">",
                    feed.followers, "</td><td class=\"number\">",
                    feed.following, "</td></tr>");
  }
  return HtmlPage(200, "Feeds", body + "</table>", /*live=*/true);
}

std::string Html(const JsonView& value) {
  return HtmlEscape(value.AsString().value_or(std::string(value.text())));
}

std::string Member(const JsonView& activity, std::string_view name) {
  const std::optional<JsonView> value = activity.Find(name);
  return value.has_value() ? Html(*value) : "";
}

// The custom fields of an activity, and its target if it has one.
std::string FieldRows(const JsonView& activity) {
  std::string rows;
  for (const auto& [name, value] : activity.members()) {
    if (name == "actor" || name == "verb" || name == "object" || name == "id" ||
        name == "time" || name == "foreign_id" ||
        (name == "target" && value.IsString(""))) {
      continue;
    }
    absl::StrAppend(&rows, "<tr><th>", HtmlEscape(name), "</th><td><code>",
                    Html(value), "</code></td></tr>");
  }
  return rows;
}

void AppendArticle(const FeedService& service, const FeedItem& item,
                   std::string& out) {
  const JsonView activity = ActivityView(*item.activity);
  const std::string id = item.activity->id.ToText();
  absl::StrAppend(&out, "<article id=\"activity-", id, "\"><h2>",
                  Member(activity, "actor"), " <em>", Member(activity, "verb"),
                  "</em> ", Member(activity, "object"),
                  "</h2><p class=\"meta\"><time datetime=\"",
                  Member(activity, "time"), "Z\">", Member(activity, "time"),
                  " UTC</time> · ", Member(activity, "foreign_id"));
  if (!item.origin.empty()) {
    absl::StrAppend(&out, " · from ", FeedLink(item.origin));
  }
  for (const std::string& feed : item.activity->to) {
    absl::StrAppend(&out, " · to ", FeedLink(feed));
  }
  for (const auto& [kind, count] :
       service.reactions.Counts(ReactionsOf::kActivity, id)) {
    absl::StrAppend(&out, " · <span class=\"badge\">", HtmlEscape(kind), " ",
                    count, "</span>");
  }
  out += "</p>";
  const std::string rows = FieldRows(activity);
  if (!rows.empty()) absl::StrAppend(&out, "<table>", rows, "</table>");
  out += "</article>";
}

// "3 followers: a b c"
void AppendRelations(const char* what, const std::vector<FeedRelation>& all,
                     bool by_target, std::string& out) {
  absl::StrAppend(&out, "<p class=\"meta\">", what, " ", all.size());
  for (size_t i = 0; i < std::min(all.size(), kShownRelations); ++i) {
    absl::StrAppend(&out, i == 0 ? ": " : " ",
                    FeedLink(by_target ? all[i].target : all[i].feed));
  }
  if (all.size() > kShownRelations) out += " …";
  out += "</p>";
}

void AppendOlder(bool more, ActivityId last, std::string& out) {
  if (!more) return;
  absl::StrAppend(&out, "<p><a class=\"button\" href=\"?before=", last.ToText(),
                  "\">Older</a></p>");
}

void AppendActivities(const FeedService& service, const std::string& feed,
                      const FeedRange& range, std::string& out) {
  const FeedPart part = service.feeds.Read(feed, range);
  if (part.items.empty()) out += "<p class=\"meta\">No activities.</p>";
  for (const FeedItem& item : part.items) AppendArticle(service, item, out);
  if (!part.items.empty()) {
    AppendOlder(part.more, part.items.back().activity->id, out);
  }
}

void AppendGroups(const FeedService& service, const std::string& feed,
                  const FeedRange& range, std::string& out) {
  const bool marks = service.groups.KindOf(feed) == FeedKind::kNotification;
  const GroupPart part = service.groups.Read(feed, range);
  if (part.groups.empty()) out += "<p class=\"meta\">No activities.</p>";
  for (const GroupItem& item : part.groups) {
    const ActivityGroup& group = *item.group;
    absl::StrAppend(&out, "<h2>", HtmlEscape(group.key),
                    " <span class=\"badge\">", group.activities.size(),
                    "</span>");
    if (marks && !group.seen)
      out += " <span class=\"badge high\">unseen</span>";
    if (marks && !group.read) out += " <span class=\"badge\">unread</span>";
    out += "</h2>";
    size_t shown = 0;
    for (auto id = group.activities.rbegin();
         id != group.activities.rend() && shown < kShownOfGroup;
         ++id, ++shown) {
      const auto each = service.feeds.FindIn(feed, *id);
      if (each.has_value()) AppendArticle(service, *each, out);
    }
  }
  if (!part.groups.empty()) AppendOlder(part.more, part.groups.back().id, out);
}

HttpResponse OneFeedPage(const FeedService& service, const std::string& feed,
                         const HttpServerRequest& request) {
  FeedRange range{.limit = kPerPage};
  for (const auto& [name, value] : ParseQuery(request.query)) {
    if (name == "before") range.after = ActivityId::Parse(value);
  }
  std::string body(kAllFeeds);
  AppendRelations("Followers", service.feeds.Followers(feed),
                  /*by_target=*/false, body);
  AppendRelations("Follows", service.feeds.Following(feed),
                  /*by_target=*/true, body);
  if (service.groups.Observes(feed)) {
    AppendGroups(service, feed, range, body);
  } else {
    AppendActivities(service, feed, range, body);
  }
  return HtmlPage(200, feed, body, /*live=*/true);
}

}  // namespace

HttpResponse FeedPage(const FeedService& service,
                      const HttpServerRequest& request) {
  std::string_view path = request.path;
  if (path == "/" || path == "/pages/") return IndexPage(service);
  if (path.starts_with(kFeedPath)) {
    path.remove_prefix(kFeedPath.size());
    if (path.ends_with('/')) path.remove_suffix(1);
    std::string feed = PercentDecode(path);
    std::replace(feed.begin(), feed.end(), '/', ':');
    if (IsFeedId(feed)) return OneFeedPage(service, feed, request);
  }
  return HtmlPage(404, "Not found", kAllFeeds, /*live=*/false);
}

}  // namespace sluice::sandbox
