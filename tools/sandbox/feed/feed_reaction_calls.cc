// Reactions.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_enrichment.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kStandardPage = 10;
constexpr size_t kMaxPage = 25;
constexpr size_t kMaxTargets = 100;
constexpr size_t kMaxTextBytes = 255;
constexpr char kOneOf[] = "one of activity_id or parent must not be empty";

HttpResponse NoReaction(std::string_view id) {
  return DoesNotExist(
      absl::StrCat("reaction with id \"", ToAbsl(id), "\" does not exist"));
}

// Absent and null: nothing. Anything but an object is an error.
std::string ObjectOf(const JsonView& body, std::string_view name,
                     FieldErrors& errors) {
  const std::optional<JsonView> value = body.Find(name);
  if (!value.has_value() || value->is_null()) return "{}";
  if (value->is_object()) return std::string(value->text());
  errors.emplace_back(name, "must be an object");
  return "{}";
}

// Data, target feeds and their extra data, which adding and updating share.
void ReadContents(const JsonView& body, FeedReaction& reaction,
                  FieldErrors& errors) {
  reaction.data = ObjectOf(body, "data", errors);
  reaction.target_feeds_extra_data =
      ObjectOf(body, "target_feeds_extra_data", errors);
  reaction.target_feeds.clear();
  const std::optional<JsonView> value = body.Find("target_feeds");
  if (!value.has_value() || value->is_null()) return;
  const auto feeds = FeedList(value->elements());
  if (!value->is_array() || !feeds.has_value() || feeds->size() > kMaxTargets) {
    errors.emplace_back("target_feeds", "must be a list of at most 100 feeds");
    return;
  }
  reaction.target_feeds = *feeds;
}

std::string TextOf(const JsonView& body, std::string_view name,
                   FieldErrors& errors) {
  const std::optional<JsonView> value = body.Find(name);
  if (value.has_value() && !value->is_null() &&
      value->kind() != JsonView::Kind::kString &&
      value->kind() != JsonView::Kind::kNumber) {
    errors.emplace_back(name, "Not a valid string.");
    return "";
  }
  std::string text = TextMember(body, name);
  if (text.size() > kMaxTextBytes) {
    errors.emplace_back(name, "must have at most 255 bytes");
  }
  return text;
}

void RequireText(std::string_view name, const std::string& text,
                 FieldErrors& errors) {
  if (text.empty()) errors.emplace_back(name, "this field is required");
}

FeedReaction ReadReaction(const FeedCall& call, const JsonView& body,
                          FieldErrors& errors) {
  FeedReaction reaction;
  reaction.kind = TextOf(body, "kind", errors);
  reaction.activity_id = TextOf(body, "activity_id", errors);
  reaction.parent = TextOf(body, "parent", errors);
  reaction.user_id =
      call.is_server() ? TextOf(body, "user_id", errors) : call.user;
  reaction.id = TextOf(body, "id", errors);
  RequireText("kind", reaction.kind, errors);
  RequireText("user_id", reaction.user_id, errors);
  if (reaction.activity_id.empty() && reaction.parent.empty()) {
    errors.emplace_back("activity_id", kOneOf);
    errors.emplace_back("parent", kOneOf);
  }
  ReadContents(body, reaction, errors);
  return reaction;
}

// Places a child below its parent.
void SetParent(const FeedService& service, FeedReaction& reaction,
               FieldErrors& errors) {
  if (reaction.parent.empty()) return;
  const FeedReaction* parent = service.reactions.Find(reaction.parent);
  if (parent == nullptr || parent->deleted_micros != 0) {
    errors.emplace_back("parent", "there is no such reaction");
    return;
  }
  reaction.activity_id = parent->activity_id;
  reaction.level = parent->level + 1;
  if (reaction.level > FeedReactions::kMaxLevel) {
    errors.emplace_back("parent", "reactions are at most three levels deep");
  }
}

std::optional<HttpResponse> CheckTargets(const FeedService& service,
                                         const FeedCall& call,
                                         const FeedReaction& reaction) {
  if (auto refusal = service.CheckGroups(reaction.target_feeds)) {
    return refusal;
  }
  for (const std::string& feed : reaction.target_feeds) {
    if (!call.is_server() && !MayTarget(call.user, feed)) return NoPolicy();
  }
  return std::nullopt;
}

// The activity that stands for a reaction in its target feeds.
std::optional<FeedActivity> TargetActivity(FeedService& service,
                                           const FeedReaction& reaction,
                                           FieldErrors& errors) {
  const std::pair<std::string_view, std::string> own[] = {
      {"actor", absl::StrCat("SU:", reaction.user_id)},
      {"verb", reaction.kind},
      {"object", absl::StrCat("SA:", reaction.activity_id)},
      {"foreign_id", absl::StrCat("reaction:", reaction.id)},
      {"time", FormatActivityTime(reaction.created_micros)},
      {"target", ""},
      {"reaction", absl::StrCat("SR:", reaction.id)}};
  JsonObjectText input;
  JsonView::OfKnown(reaction.target_feeds_extra_data)
      .ForEachMember([&](const JsonView& name, const JsonView& value) {
        const bool taken =
            name.IsString("to") ||
            std::any_of(std::begin(own), std::end(own), [&](const auto& each) {
              return name.IsString(each.first);
            });
        if (!taken) input.AddQuoted(name.text(), value.text());
      });
  for (const auto& [name, text] : own) input.AddString(name, text);
  const std::string json = input.text();
  return ReadActivity(
      JsonView::OfKnown(json), [&] { return service.NextMicros(); },
      service.rules(), errors);
}

// Puts it into its target feeds. REQUIRES: TargetActivity() succeeds.
void PutIntoTargets(FeedService& service, const FeedReaction& reaction) {
  FieldErrors errors;
  const auto activity = TargetActivity(service, reaction, errors);
  if (!activity.has_value()) return;
  for (const std::string& feed : reaction.target_feeds) {
    service.feeds.Add(feed, *activity);
  }
}

void TakeOutOfTargets(FeedService& service, const FeedReaction& reaction) {
  const ActivityId id = MakeActivityId(absl::StrCat("reaction:", reaction.id),
                                       reaction.created_micros);
  for (const std::string& feed : reaction.target_feeds) {
    service.feeds.Remove(feed, id);
  }
}

// The reaction as the answer to adding and updating it has it.
HttpResponse Answer(const FeedService& service, const FeedCall& call,
                    const FeedReaction& reaction) {
  JsonObjectText answer = FeedEnrichment(service, call).Reaction(reaction);
  const std::string& extra = reaction.target_feeds_extra_data;
  if (!JsonView::OfKnown(extra).members().empty()) {
    answer.Add("target_feeds_extra_data", extra);
  }
  return FeedAnswer(201, answer.text());
}

// One that the caller may change. Null: `refusal` says why not.
FeedReaction* FindOwn(FeedService& service, const FeedCall& call,
                      HttpResponse& refusal) {
  FeedReaction* reaction = service.reactions.Find(call.values[0]);
  if (reaction == nullptr) {
    refusal = NoReaction(call.values[0]);
  } else if (!call.is_server() && reaction->user_id != call.user) {
    refusal = NoPolicy();
    return nullptr;
  }
  return reaction;
}

std::optional<ReactionsOf> ParseReactionsOf(std::string_view text) {
  if (text == "activity_id") return ReactionsOf::kActivity;
  if (text == "user_id") return ReactionsOf::kUser;
  if (text == "reaction_id") return ReactionsOf::kReaction;
  return std::nullopt;
}

std::string NextOf(const FeedCall& call, const ReactionQuery& query,
                   const ReactionPart& part) {
  if (!part.more || part.reactions.empty()) return "";
  return NextPage(call, query.oldest_first() ? "id_gt" : "id_lt",
                  part.reactions.back()->id);
}

}  // namespace

HttpResponse AddReaction(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  FieldErrors errors;
  FeedReaction reaction = ReadReaction(call, *body, errors);
  SetParent(service, reaction, errors);
  if (!errors.empty()) return InputError(errors);
  if (auto refusal = CheckTargets(service, call, reaction)) {
    return *std::move(refusal);
  }
  if (service.reactions.Find(reaction.id) != nullptr) {
    return Conflict(
        absl::StrCat("reaction with id \"", reaction.id, "\" already exists"));
  }
  if (reaction.id.empty()) reaction.id = service.NewId("reaction");
  reaction.created_micros = reaction.updated_micros = service.NextMicros();
  if (!TargetActivity(service, reaction, errors)) return InputError(errors);
  const FeedReaction& added = service.reactions.Add(std::move(reaction));
  PutIntoTargets(service, added);
  return Answer(service, call, added);
}

HttpResponse GetReaction(FeedService& service, const FeedCall& call) {
  const FeedReaction* reaction = service.reactions.Find(call.values[0]);
  if (reaction == nullptr) return NoReaction(call.values[0]);
  return FeedAnswer(200,
                    FeedEnrichment(service, call).Reaction(*reaction).text());
}

HttpResponse GetReactions(FeedService& service, const FeedCall& call) {
  const FeedEnrichment enrichment(service, call);
  const bool with_deleted = call.Flag("include_deleted");
  std::vector<std::string> reactions;
  for (const std::string& id : call.List("ids")) {
    const FeedReaction* reaction = service.reactions.Find(id);
    if (reaction == nullptr) continue;
    if (reaction->deleted_micros != 0 && !with_deleted) continue;
    reactions.push_back(enrichment.Reaction(*reaction).text());
  }
  return FeedAnswer(
      200, JsonObjectText().Add("reactions", JsonArrayOf(reactions)).text());
}

HttpResponse UpdateReaction(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  HttpResponse refusal;
  FeedReaction* reaction = FindOwn(service, call, refusal);
  if (reaction == nullptr) return refusal;
  FeedReaction changed = *reaction;
  FieldErrors errors;
  ReadContents(*body, changed, errors);
  if (!errors.empty() || !TargetActivity(service, changed, errors)) {
    return InputError(errors);
  }
  if (auto denied = CheckTargets(service, call, changed)) {
    return *std::move(denied);
  }
  changed.updated_micros = service.NextMicros();
  TakeOutOfTargets(service, *reaction);
  *reaction = std::move(changed);
  if (reaction->deleted_micros == 0) PutIntoTargets(service, *reaction);
  return Answer(service, call, *reaction);
}

HttpResponse DeleteReaction(FeedService& service, const FeedCall& call) {
  HttpResponse refusal;
  FeedReaction* reaction = FindOwn(service, call, refusal);
  if (reaction == nullptr) return refusal;
  if (call.Flag("soft")) {
    TakeOutOfTargets(service, *reaction);
    reaction->deleted_micros = service.NextMicros();
    return FeedAnswer(200, "{}");
  }
  for (const FeedReaction& removed : service.reactions.Remove(call.values[0])) {
    TakeOutOfTargets(service, removed);
  }
  return FeedAnswer(200, "{}");
}

HttpResponse RestoreReaction(FeedService& service, const FeedCall& call) {
  HttpResponse refusal;
  FeedReaction* reaction = FindOwn(service, call, refusal);
  if (reaction == nullptr) return refusal;
  if (reaction->deleted_micros == 0) {
    return DoesNotExist(
        absl::StrCat("reaction with id \"", reaction->id, "\" is not deleted"));
  }
  reaction->deleted_micros = 0;
  PutIntoTargets(service, *reaction);
  return FeedAnswer(201,
                    FeedEnrichment(service, call).Reaction(*reaction).text());
}

HttpResponse FilterReactions(FeedService& service, const FeedCall& call) {
  const auto of = ParseReactionsOf(call.values[0]);
  if (!of.has_value()) {
    return InputError(
        "reactions are found by activity_id, user_id or reaction_id");
  }
  const std::string& owner = call.values[1];
  const ReactionQuery query{
      .kind = call.values.size() > 2 ? call.values[2] : "",
      .limit = call.Count("limit", kStandardPage, kMaxPage),
      .after = std::string(call.Parameter("id_lt")),
      .from = std::string(call.Parameter("id_lte")),
      .above = std::string(call.Parameter("id_gt")),
      .least = std::string(call.Parameter("id_gte"))};
  const ReactionPart part = service.reactions.List(*of, owner, query);
  const FeedEnrichment enrichment(service, call);
  std::vector<std::string> results;
  for (const FeedReaction* reaction : part.reactions) {
    results.push_back(enrichment.Reaction(*reaction).text());
  }
  JsonObjectText answer;
  answer.Add("results", JsonArrayOf(results))
      .AddString("next", NextOf(call, query, part));
  const auto id = ActivityId::Parse(owner);
  if (call.Flag("with_activity_data") && of == ReactionsOf::kActivity &&
      id.has_value()) {
    const FeedActivity* activity = service.feeds.Find(*id);
    if (activity != nullptr) {
      answer.Add("activity", enrichment.Activity({activity, {}}));
    }
  }
  return FeedAnswer(200, answer.text());
}

}  // namespace sluice::sandbox
