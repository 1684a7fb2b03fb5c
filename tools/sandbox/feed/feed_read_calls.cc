// Reading feeds: flat, aggregated and of notifications.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_enrichment.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kShownOfGroup = 15;

HttpResponse ReadFlat(FeedService& service, const FeedCall& call,
                      const FeedRange& range) {
  const FeedPart part = service.feeds.Read(call.feed, range);
  const FeedEnrichment enrichment(service, call);
  std::string answer = "{\"results\":[";
  for (const FeedItem& item : part.items) {
    if (answer.back() != '[') answer += ',';
    enrichment.Append(item, answer);
  }
  answer += "],\"next\":";
  AppendJsonString(
      part.more && !part.items.empty()
          ? NextPage(call, "id_lt", part.items.back().activity->id.ToText())
          : "",
      &answer);
  return FeedAnswer(200, answer + "}");
}

std::string GroupId(const GroupItem& item, FeedKind kind) {
  std::string id = item.id.ToText();
  if (kind == FeedKind::kNotification) {
    absl::StrAppend(&id, ".", item.group->key);
  }
  return id;
}

void AppendGroup(const FeedService& service, const FeedCall& call,
                 const FeedEnrichment& enrichment, const GroupItem& item,
                 FeedKind kind, std::string& out) {
  const ActivityGroup& group = *item.group;
  std::set<std::string> actors;
  std::string verb;
  out += "{\"activities\":[";
  size_t shown = 0;
  for (auto id = group.activities.rbegin(); id != group.activities.rend();
       ++id) {
    const auto each = service.feeds.FindIn(call.feed, *id);
    if (!each.has_value()) continue;
    actors.insert(ActorOf(*each->activity));
    if (shown == kShownOfGroup) continue;
    if (shown == 0) verb = TextMember(ActivityView(*each->activity), "verb");
    if (shown++ > 0) out += ',';
    enrichment.Append(*each, out);
  }
  absl::StrAppend(&out, "],\"activity_count\":", group.activities.size(),
                  ",\"actor_count\":", actors.size(), ",\"created_at\":\"",
                  FormatActivityTime(group.created_micros),
                  "\",\"updated_at\":\"",
                  FormatActivityTime(group.updated_micros), "\",\"group\":");
  AppendJsonString(group.key, &out);
  out += ",\"id\":";
  AppendJsonString(GroupId(item, kind), &out);
  out += ",\"verb\":";
  AppendJsonString(verb, &out);
  if (kind == FeedKind::kNotification) {
    absl::StrAppend(&out, ",\"is_seen\":", group.seen ? "true" : "false",
                    ",\"is_read\":", group.read ? "true" : "false");
  }
  out += '}';
}

// The groups that mark_seen or mark_read names: all, those of this page, or
// some by their ids.
std::vector<ActivityId> Marked(const FeedService& service, const FeedCall& call,
                               std::string_view name, const GroupPart& page) {
  std::vector<ActivityId> ids;
  const std::string_view value = call.Parameter(name);
  if (value == "true" || value == "True" || value == "1") {
    return service.groups.All(call.feed);
  }
  if (value == "current") {
    for (const GroupItem& item : page.groups) ids.push_back(item.id);
    return ids;
  }
  for (const std::string& text : call.List(name)) {
    const size_t dot = text.find('.');
    const auto id = ActivityId::Parse(text.substr(0, dot));
    if (id.has_value()) ids.push_back(*id);
  }
  return ids;
}

HttpResponse ReadGroups(FeedService& service, const FeedCall& call,
                        const FeedRange& range, FeedKind kind) {
  if (!service.groups.FormatStatus(call.feed).ok()) {
    return FeedError(400, 14, "JinjaRuntimeException",
                     "the format contains syntax errors");
  }
  const GroupPart part = service.groups.Read(call.feed, range);
  const FeedEnrichment enrichment(service, call);
  std::string answer = "{\"results\":[";
  for (const GroupItem& item : part.groups) {
    if (answer.back() != '[') answer += ',';
    AppendGroup(service, call, enrichment, item, kind, answer);
  }
  answer += "],\"next\":";
  AppendJsonString(part.more && !part.groups.empty()
                       ? NextPage(call, "id_lt", part.groups.back().id.ToText())
                       : "",
                   &answer);
  if (kind == FeedKind::kNotification) {
    // The groups above are as they were before.
    service.groups.MarkSeen(call.feed,
                            Marked(service, call, "mark_seen", part));
    service.groups.MarkRead(call.feed,
                            Marked(service, call, "mark_read", part));
    absl::StrAppend(&answer, ",\"unseen\":", service.groups.Unseen(call.feed),
                    ",\"unread\":", service.groups.Unread(call.feed));
  }
  return FeedAnswer(200, answer + "}");
}

}  // namespace

HttpResponse ReadFeed(FeedService& service, const FeedCall& call) {
  for (const char* name : {"rankingVars", "ranking_vars"}) {
    const std::string_view text = call.Parameter(name);
    if (!text.empty() && !ParseObjectBody(text).has_value()) {
      return InputError({{name, "must be a JSON object"}});
    }
  }
  HttpResponse refusal;
  const auto range = RangeOf(call, refusal);
  if (!range.has_value()) return refusal;
  const FeedKind kind =
      service.groups.KindOf(call.feed).value_or(FeedKind::kFlat);
  return kind == FeedKind::kFlat ? ReadFlat(service, call, *range)
                                 : ReadGroups(service, call, *range, kind);
}

}  // namespace sluice::sandbox
