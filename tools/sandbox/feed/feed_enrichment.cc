#include "tools/sandbox/feed/feed_enrichment.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/http/url.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_activity.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kPerKind = 5;
constexpr size_t kMaxPerKind = 25;
constexpr size_t kLatestChildren = 10;

// Members of an activity that hold no references.
bool IsLiteral(const JsonView& name) {
  const auto names = {"id", "time", "verb", "foreign_id", "to", "origin"};
  return std::any_of(names.begin(), names.end(),
                     [&](const char* each) { return name.IsString(each); });
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

// Objects in lists by kind, in order of first appearance: {"like":[{},{}]}.
class ListsByKind {
 public:
  void Add(std::string_view kind, std::string json) {
    const auto same = [&](const List& list) { return list.first == kind; };
    auto list = std::find_if(lists_.begin(), lists_.end(), same);
    if (list == lists_.end()) {
      list = lists_.emplace(list, kind, std::vector<std::string>());
    }
    list->second.push_back(std::move(json));
  }
  std::string text() const {
    JsonObjectText out;
    for (const auto& [kind, list] : lists_) out.Add(kind, JsonArrayOf(list));
    return out.text();
  }

 private:
  using List = std::pair<std::string, std::vector<std::string>>;
  std::vector<List> lists_;
};

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
  out += Activity(item);
}

std::string FeedEnrichment::Activity(const FeedItem& item) const {
  const std::string plain = ActivityJson(*item.activity, item.origin);
  const auto reactions = Reactions(item.activity->id.ToText());
  JsonObjectText out;
  JsonView::OfKnown(plain).ForEachMember(
      [&](const JsonView& name, const JsonView& value) {
        const bool replaced = std::any_of(
            reactions.begin(), reactions.end(),
            [&](const auto& each) { return name.IsString(each.first); });
        if (replaced) return;
        std::string json(value.text());
        if (!IsLiteral(name)) {
          json.clear();
          AppendResolved(value, json);
        }
        out.AddQuoted(name.text(), json);
      });
  for (const auto& [name, json] : reactions) out.Add(name, json);
  return out.text();
}

std::string FeedEnrichment::User(std::string_view id,
                                 std::string_view reference) const {
  const FeedUser* user = service_.users.Find(id);
  return user == nullptr ? ReferenceNotFound(id, reference, "user").text()
                         : user->ToJson().text();
}

JsonObjectText FeedEnrichment::ReactionWith(
    const FeedReaction& reaction, std::string_view latest_children,
    std::string_view children_counts) const {
  JsonObjectText out;
  out.AddString("id", reaction.id)
      .AddString("kind", reaction.kind)
      .AddString("activity_id", reaction.activity_id)
      .AddString("user_id", reaction.user_id)
      .Add("user",
           User(reaction.user_id, absl::StrCat("SU:", reaction.user_id)))
      .Add("data", reaction.data)
      .AddString("created_at", FormatObjectTime(reaction.created_micros))
      .AddString("updated_at", FormatObjectTime(reaction.updated_micros))
      .AddString("parent", reaction.parent)
      .Add("latest_children", latest_children)
      .Add("children_counts", children_counts);
  if (!reaction.target_feeds.empty()) {
    out.AddStrings("target_feeds", reaction.target_feeds);
  }
  if (reaction.deleted_micros != 0) {
    out.AddString("deleted_at", FormatObjectTime(reaction.deleted_micros));
  }
  return out;
}

JsonObjectText FeedEnrichment::Reaction(const FeedReaction& reaction) const {
  ListsByKind latest;
  const ReactionPart children = service_.reactions.List(
      ReactionsOf::kReaction, reaction.id, {.limit = kLatestChildren});
  for (const FeedReaction* child : children.reactions) {
    // At most two levels below it: reactions are no deeper than three.
    latest.Add(child->kind, Reaction(*child).text());
  }
  JsonObjectText counts;
  for (const auto& [kind, count] :
       service_.reactions.Counts(ReactionsOf::kReaction, reaction.id)) {
    counts.AddInteger(kind, count);
  }
  JsonObjectText out = ReactionWith(reaction, latest.text(), counts.text());
  if (own_children_) {
    std::string_view user = call_.Parameter("children_user_id");
    if (user.empty()) user = call_.Parameter("user_id");
    if (user.empty()) user = call_.user;
    out.Add("own_children",
            OwnReactions(ReactionsOf::kReaction, reaction.id, user));
  }
  return out;
}

std::optional<std::string> FeedEnrichment::Resolve(
    std::string_view text) const {
  if (text.size() <= 3) return std::nullopt;
  const std::string_view kind = text.substr(0, 3);
  const std::string_view name = text.substr(3);
  if (kind == "SU:") return User(name, text);
  if (kind == "SO:") {
    const size_t colon = name.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const FeedObject* object = service_.collections.Find(name);
    if (object != nullptr) return object->ToJson().text();
    return ReferenceNotFound(name.substr(colon + 1), text, "object")
        .AddString("collection", name.substr(0, colon))
        .text();
  }
  if (kind == "SA:") {
    const auto id = ActivityId::Parse(name);
    const FeedActivity* activity =
        id.has_value() ? service_.feeds.Find(*id) : nullptr;
    return activity == nullptr
               ? ReferenceNotFound(name, text, "activity").text()
               : ActivityJson(*activity);
  }
  if (kind == "SR:") {
    const FeedReaction* reaction = service_.reactions.Find(name);
    return reaction == nullptr || reaction->deleted_micros != 0
               ? ReferenceNotFound(name, text, "reaction").text()
               : Reaction(*reaction).text();
  }
  return std::nullopt;
}

void FeedEnrichment::AppendResolved(const JsonView& value,
                                    std::string& out) const {
  switch (value.kind()) {
    case JsonView::Kind::kString: {
      std::string room;
      out += Resolve(value.StringIn(&room)).value_or(std::string(value.text()));
      return;
    }
    case JsonView::Kind::kArray:
      out += '[';
      for (const JsonView& each : value.elements()) {
        if (out.back() != '[') out += ',';
        AppendResolved(each, out);
      }
      out += ']';
      return;
    case JsonView::Kind::kObject: {
      JsonObjectText object;
      value.ForEachMember([&](const JsonView& name, const JsonView& member) {
        std::string json;
        AppendResolved(member, json);
        object.AddQuoted(name.text(), json);
      });
      out += object.text();
      return;
    }
    default:
      out += value.text();
  }
}

std::string FeedEnrichment::Counts(ReactionsOf of,
                                   std::string_view owner) const {
  JsonObjectText counts;
  for (const auto& [kind, count] : service_.reactions.Counts(of, owner)) {
    if (Wants(kind)) counts.AddInteger(kind, count);
  }
  return counts.text();
}

std::string FeedEnrichment::OwnReactions(ReactionsOf of, std::string_view owner,
                                         std::string_view user) const {
  ListsByKind lists;
  for (const auto& [kind, count] : service_.reactions.Counts(of, owner)) {
    if (count == 0 || (of == ReactionsOf::kActivity && !Wants(kind))) continue;
    const ReactionPart part = service_.reactions.List(
        of, owner,
        {.kind = kind, .user = std::string(user), .limit = kPerKind});
    for (const FeedReaction* reaction : part.reactions) {
      lists.Add(kind, of == ReactionsOf::kReaction
                          ? ReactionWith(*reaction, "{}", "{}").text()
                          : Reaction(*reaction).text());
    }
  }
  return lists.text();
}

std::string FeedEnrichment::LatestReactions(std::string_view activity_id,
                                            JsonObjectText& extra) const {
  ListsByKind latest;
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
    extra.Add(kind, JsonObjectText().AddString("next", next).text());
    for (const FeedReaction* reaction : part.reactions) {
      latest.Add(kind, Reaction(*reaction).text());
    }
  }
  return latest.text();
}

std::vector<std::pair<const char*, std::string>> FeedEnrichment::Reactions(
    std::string_view activity_id) const {
  std::vector<std::pair<const char*, std::string>> members;
  if (call_.Flag("withOwnReactions", "with_own_reactions")) {
    std::string_view user = call_.Parameter("user_id");
    if (user.empty()) user = call_.user;
    members.emplace_back("own_reactions", OwnReactions(ReactionsOf::kActivity,
                                                       activity_id, user));
  }
  if (call_.Flag("withRecentReactions", "with_recent_reactions")) {
    JsonObjectText extra;
    members.emplace_back("latest_reactions",
                         LatestReactions(activity_id, extra));
    members.emplace_back("latest_reactions_extra", extra.text());
  }
  if (call_.Flag("withReactionCounts", "with_reaction_counts")) {
    members.emplace_back("reaction_counts",
                         Counts(ReactionsOf::kActivity, activity_id));
  }
  return members;
}

}  // namespace sluice::sandbox
