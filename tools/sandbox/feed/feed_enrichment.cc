#include "tools/sandbox/feed/feed_enrichment.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/http/url.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kPerKind = 5;
constexpr size_t kMaxPerKind = 25;
constexpr size_t kLatestChildren = 10;

// Members of an activity that hold no references.
bool IsLiteral(std::string_view name) {
  return name == "id" || name == "time" || name == "verb" ||
         name == "foreign_id" || name == "to" || name == "origin";
}

std::vector<std::string> KindsOf(const FeedCall& call) {
  std::vector<std::string> kinds = call.List("reactionKindsFilter");
  return kinds.empty() ? call.List("reaction_kinds_filter") : kinds;
}

size_t RecentLimit(const FeedCall& call) {
  const size_t limit =
      call.Count("recentReactionsLimit", kPerKind, kMaxPerKind);
  return call.Count("recent_reactions_limit", limit, kMaxPerKind);
}

// Puts `value` at the end of the list called `kind`.
void AddByKind(std::string_view kind, json::object value, json::object& lists) {
  json::value& list = lists[kind];
  if (!list.is_array()) list = json::array();
  list.get_array().push_back(std::move(value));
}

}  // namespace

FeedEnrichment::FeedEnrichment(const FeedService& service, const FeedCall& call)
    : service_(service),
      call_(call),
      kinds_(KindsOf(call)),
      own_children_(call.Flag("withOwnChildren", "with_own_children")),
      recent_limit_(RecentLimit(call)) {}

bool FeedEnrichment::Wants(std::string_view kind) const {
  return kinds_.empty() ||
         std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end();
}

void FeedEnrichment::Append(const FeedItem& item, std::string& out) const {
  if (!call_.enriched) return AppendActivity(*item.activity, item.origin, out);
  AppendJsonText(Activity(item), &out);
}

json::object FeedEnrichment::Activity(const FeedItem& item) const {
  json::object activity = ActivityJson(*item.activity, item.origin);
  for (auto& member : activity) {
    if (!IsLiteral(member.key())) ResolveAll(member.value());
  }
  AddReactions(activity);
  return activity;
}

json::object FeedEnrichment::User(std::string_view id,
                                  std::string_view reference) const {
  const FeedUser* user = service_.users.Find(id);
  return user == nullptr ? ReferenceNotFound(id, reference, "user")
                         : user->ToJson();
}

json::object FeedEnrichment::PlainReaction(const FeedReaction& reaction) const {
  json::object out{
      {"id", reaction.id},
      {"kind", reaction.kind},
      {"activity_id", reaction.activity_id},
      {"user_id", reaction.user_id},
      {"user", User(reaction.user_id, absl::StrCat("SU:", reaction.user_id))},
      {"data", reaction.data},
      {"created_at", FormatObjectTime(reaction.created_micros)},
      {"updated_at", FormatObjectTime(reaction.updated_micros)},
      {"parent", reaction.parent},
      {"latest_children", json::object()},
      {"children_counts", json::object()}};
  if (!reaction.target_feeds.empty()) {
    out["target_feeds"] =
        json::array(reaction.target_feeds.begin(), reaction.target_feeds.end());
  }
  if (reaction.deleted_micros != 0) {
    out["deleted_at"] = FormatObjectTime(reaction.deleted_micros);
  }
  return out;
}

json::object FeedEnrichment::Reaction(const FeedReaction& reaction) const {
  json::object out = PlainReaction(reaction);
  json::object latest;
  const ReactionPart children = service_.reactions.List(
      ReactionsOf::kReaction, reaction.id, {.limit = kLatestChildren});
  for (const FeedReaction* child : children.reactions) {
    // At most two levels below it: reactions are no deeper than three.
    AddByKind(child->kind, Reaction(*child), latest);
  }
  out["latest_children"] = std::move(latest);
  json::object counts;
  for (const auto& [kind, count] :
       service_.reactions.Counts(ReactionsOf::kReaction, reaction.id)) {
    counts[kind] = count;
  }
  out["children_counts"] = std::move(counts);
  if (own_children_) {
    std::string_view user = call_.Parameter("children_user_id");
    if (user.empty()) user = call_.Parameter("user_id");
    if (user.empty()) user = call_.user;
    out["own_children"] =
        OwnReactions(ReactionsOf::kReaction, reaction.id, user);
  }
  return out;
}

json::value FeedEnrichment::Resolve(std::string_view text) const {
  const std::string_view kind = text.substr(0, 3);
  const std::string_view name = text.substr(std::min<size_t>(3, text.size()));
  if (kind == "SU:") return User(name, text);
  if (kind == "SO:") {
    const size_t colon = name.find(':');
    if (colon == std::string_view::npos) return json::value(text);
    const FeedObject* object = service_.collections.Find(name);
    if (object != nullptr) return object->ToJson();
    json::object missing =
        ReferenceNotFound(name.substr(colon + 1), text, "object");
    missing["collection"] = name.substr(0, colon);
    return missing;
  }
  if (kind == "SA:") {
    const auto id = ActivityId::Parse(name);
    const FeedActivity* activity =
        id.has_value() ? service_.feeds.Find(*id) : nullptr;
    if (activity == nullptr) return ReferenceNotFound(name, text, "activity");
    return ActivityJson(*activity);
  }
  if (kind == "SR:") {
    const FeedReaction* reaction = service_.reactions.Find(name);
    if (reaction == nullptr || reaction->deleted_micros != 0) {
      return ReferenceNotFound(name, text, "reaction");
    }
    return Reaction(*reaction);
  }
  return json::value(text);
}

void FeedEnrichment::ResolveAll(json::value& value) const {
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    if (text.size() > 3 && text[0] == 'S' && text[2] == ':') {
      value = Resolve(std::string(text));
    }
  } else if (value.is_array()) {
    for (json::value& each : value.get_array()) ResolveAll(each);
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) ResolveAll(member.value());
  }
}

json::object FeedEnrichment::Counts(ReactionsOf of,
                                    std::string_view owner) const {
  json::object counts;
  for (const auto& [kind, count] : service_.reactions.Counts(of, owner)) {
    if (Wants(kind)) counts[kind] = count;
  }
  return counts;
}

json::object FeedEnrichment::OwnReactions(ReactionsOf of,
                                          std::string_view owner,
                                          std::string_view user) const {
  json::object lists;
  for (const auto& [kind, count] : service_.reactions.Counts(of, owner)) {
    if (count == 0 || (of == ReactionsOf::kActivity && !Wants(kind))) continue;
    const ReactionPart part = service_.reactions.List(
        of, owner,
        {.kind = kind, .user = std::string(user), .limit = kPerKind});
    for (const FeedReaction* reaction : part.reactions) {
      AddByKind(kind,
                of == ReactionsOf::kReaction ? PlainReaction(*reaction)
                                             : Reaction(*reaction),
                lists);
    }
  }
  return lists;
}

json::object FeedEnrichment::LatestReactions(std::string_view activity_id,
                                             json::object& extra) const {
  json::object latest;
  for (const auto& [kind, count] :
       service_.reactions.Counts(ReactionsOf::kActivity, activity_id)) {
    if (count == 0 || !Wants(kind)) continue;
    const ReactionPart part =
        service_.reactions.List(ReactionsOf::kActivity, activity_id,
                                {.kind = kind, .limit = recent_limit_});
    std::string next;
    if (part.more && !part.reactions.empty()) {
      next =
          absl::StrCat(service_.base_url, "/api/v1.0/reaction/activity_id/",
                       ToAbsl(activity_id), "/", PercentEncode(kind),
                       "/?id_lt=", PercentEncode(part.reactions.back()->id),
                       "&limit=", recent_limit_,
                       "&withOwnChildren=", own_children_ ? "true" : "false");
    }
    extra[kind] = json::object{{"next", next}};
    for (const FeedReaction* reaction : part.reactions) {
      AddByKind(kind, Reaction(*reaction), latest);
    }
  }
  return latest;
}

void FeedEnrichment::AddReactions(json::object& activity) const {
  const std::string id(activity.at("id").as_string());
  if (call_.Flag("withOwnReactions", "with_own_reactions")) {
    std::string_view user = call_.Parameter("user_id");
    if (user.empty()) user = call_.user;
    activity["own_reactions"] = OwnReactions(ReactionsOf::kActivity, id, user);
  }
  if (call_.Flag("withRecentReactions", "with_recent_reactions")) {
    json::object extra;
    activity["latest_reactions"] = LatestReactions(id, extra);
    activity["latest_reactions_extra"] = std::move(extra);
  }
  if (call_.Flag("withReactionCounts", "with_reaction_counts")) {
    activity["reaction_counts"] = Counts(ReactionsOf::kActivity, id);
  }
}

}  // namespace sluice::sandbox
