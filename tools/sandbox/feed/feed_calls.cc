// What each call of the feed API does.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_emulator.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxRead = 100;
constexpr size_t kMaxRelations = 500;
constexpr size_t kMaxCopies = 1000;
constexpr size_t kMaxFeedsOfOne = 5000;
constexpr size_t kMaxFollowMany = 2500;

HttpResponse Ok(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = std::move(body)};
}

HttpResponse InputError(std::string_view detail, std::string_view fields = {}) {
  return FeedError(400, 4, "InputException", detail, fields);
}

HttpResponse InputError(const FieldErrors& errors) {
  return InputError(FieldErrorsText(errors), FieldErrorsJson(errors));
}

json::value ParseJson(std::string_view body, json::storage_ptr memory = {}) {
  boost::system::error_code error;
  json::value value =
      json::parse(json::string_view(body.data(), body.size()), error, memory);
  return error ? json::value(std::move(memory)) : value;
}

const json::array* ArrayMember(const json::object& object,
                               std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

std::string TextMember(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return "";
  return value->is_string() ? std::string(value->get_string())
                            : JsonText(*value);
}

std::vector<std::string> SplitList(std::string_view list) {
  return absl::StrSplit(ToAbsl(list), ',', absl::SkipEmpty());
}

size_t CountParameter(std::string_view text, size_t standard, size_t most) {
  size_t count = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &count)) return standard;
  return std::min(count, most);
}

// Nullopt: out of range.
std::optional<size_t> CopyLimit(const json::value* value) {
  if (value == nullptr || value->is_null()) return 100;
  boost::system::error_code error;
  const auto limit =
      value->is_number() ? value->to_number<int64_t>(error) : int64_t{-1};
  if (error || limit < 0 || limit > static_cast<int64_t>(kMaxCopies)) {
    return std::nullopt;
  }
  return static_cast<size_t>(limit);
}

HttpResponse BadCopyLimit() {
  return InputError(
      "activity_copy_limit must be a non-negative number not greater than "
      "1000");
}

std::string ActivityJson(const FeedActivity& activity) {
  std::string out;
  AppendActivity(activity, {}, out);
  return out;
}

// Feeds of a list of texts; nullopt: one is no feed.
std::optional<std::vector<std::string>> FeedList(const json::array* list) {
  std::vector<std::string> feeds;
  if (list == nullptr) return feeds;
  for (const json::value& each : *list) {
    if (!each.is_string() || !IsFeedId(each.get_string())) return std::nullopt;
    feeds.emplace_back(each.get_string());
  }
  return feeds;
}

}  // namespace

HttpResponse FeedEmulator::AddActivities(const Call& call) {
  unsigned char buffer[16 << 10];
  json::monotonic_resource memory(buffer, sizeof(buffer));
  const json::value body = ParseJson(call.request.body, &memory);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::object& object = body.get_object();
  if (const json::array* list = ArrayMember(object, "activities")) {
    return AddBatch(call, *list);
  }
  FieldErrors errors;
  std::optional<FeedActivity> activity = ReadActivity(
      object, [this] { return NextMicros(); }, options_.max_activity_bytes,
      errors);
  if (!activity.has_value()) return InputError(errors);
  if (auto refusal = CheckGroups(activity->to)) return *std::move(refusal);
  std::string answer = ActivityJson(*activity);
  const FeedActivity copy{.id = activity->id,
                          .foreign_id = activity->foreign_id};
  Record(call.feed, copy, store_.Add(call.feed, *std::move(activity)));
  return Ok(201, std::move(answer));
}

// All of them are checked before the first one is stored.
HttpResponse FeedEmulator::AddBatch(const Call& call, const json::array& list) {
  ++batches_;
  if (list.size() > options_.max_batch) {
    return InputError(absl::StrCat("at most ", options_.max_batch,
                                   " activities can be added at once"));
  }
  std::vector<FeedActivity> activities;
  activities.reserve(list.size());
  FieldErrors all_errors;
  std::string fields;
  for (const json::value& each : list) {
    FieldErrors errors;
    std::optional<FeedActivity> activity;
    if (each.is_object()) {
      activity = ReadActivity(
          each.get_object(), [this] { return NextMicros(); },
          options_.max_activity_bytes, errors);
    } else {
      errors.emplace_back("activity", "must be an object");
    }
    absl::StrAppend(&fields, fields.empty() ? "[" : ",",
                    FieldErrorsJson(errors));
    all_errors.insert(all_errors.end(), errors.begin(), errors.end());
    if (activity.has_value()) activities.push_back(*std::move(activity));
  }
  if (!all_errors.empty()) {
    return InputError(FieldErrorsText(all_errors), fields + "]");
  }
  for (const FeedActivity& activity : activities) {
    if (auto refusal = CheckGroups(activity.to)) return *std::move(refusal);
  }
  std::string answer = "{\"activities\":[";
  for (FeedActivity& activity : activities) {
    if (answer.back() != '[') answer += ',';
    AppendActivity(activity, {}, answer);
    const FeedActivity copy{.id = activity.id,
                            .foreign_id = activity.foreign_id};
    Record(call.feed, copy, store_.Add(call.feed, std::move(activity)));
  }
  return Ok(201, answer + "]}");
}

HttpResponse FeedEmulator::AddToMany(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::object& object = body.get_object();
  const json::value* input = object.if_contains("activity");
  const auto feeds = FeedList(ArrayMember(object, "feeds"));
  if (input == nullptr || !input->is_object() || !feeds.has_value() ||
      feeds->empty() || feeds->size() > kMaxFeedsOfOne) {
    return InputError("activity and feeds (1 to 5000) are needed");
  }
  if (auto refusal = CheckGroups(*feeds)) return *std::move(refusal);
  FieldErrors errors;
  std::optional<FeedActivity> activity = ReadActivity(
      input->get_object(), [this] { return NextMicros(); },
      options_.max_activity_bytes, errors);
  if (activity.has_value() && !activity->to.empty()) {
    errors.emplace_back("to", "is not allowed here");
  }
  if (!errors.empty()) return InputError(errors);
  const size_t repeats =
      feeds->size() - store_.AddToMany(*feeds, *std::move(activity));
  received_ += static_cast<int64_t>(feeds->size());
  repeated_ += static_cast<int64_t>(repeats);
  return Ok(201, "{}");
}

HttpResponse FeedEmulator::ReadFeed(const Call& call) {
  FeedRange range;
  range.limit = CountParameter(call.Parameter("limit"), range.limit, kMaxRead);
  range.offset = CountParameter(call.Parameter("offset"), 0,
                                std::numeric_limits<size_t>::max());
  for (const auto& [name, bound] :
       {std::pair("id_lt", &range.after), std::pair("id_lte", &range.from),
        std::pair("id_gt", &range.above), std::pair("id_gte", &range.least)}) {
    const std::string_view text = call.Parameter(name);
    if (text.empty()) continue;
    *bound = ActivityId::Parse(text.substr(0, text.find('.')));
    if (!bound->has_value()) {
      return InputError({{name, "must be the id of an activity"}});
    }
  }
  const FeedPart part = store_.Read(call.feed, range);
  std::string answer = "{\"results\":[";
  for (const FeedItem& item : part.items) {
    if (answer.back() != '[') answer += ',';
    AppendActivity(*item.activity, item.origin, answer);
  }
  std::string next;
  if (part.more && !part.items.empty()) {
    next = absl::StrCat(call.request.path,
                        "?id_lt=", part.items.back().activity->id.ToText());
    for (const auto& [name, value] : call.parameters) {
      if (name == "id_lt" || name == "offset") continue;
      absl::StrAppend(&next, "&", PercentEncode(name), "=",
                      PercentEncode(value));
    }
    next += "&offset=0";
  }
  answer += "],\"next\":";
  AppendJsonString(next, &answer);
  return Ok(200, answer + "}");
}

HttpResponse FeedEmulator::RemoveActivity(const Call& call) {
  // Foreign ids with slashes come as several parts.
  std::string id = call.parts[3];
  for (size_t i = 4; i < call.parts.size(); ++i) {
    absl::StrAppend(&id, "/", call.parts[i]);
  }
  if (call.Flag("foreign_id")) {
    store_.RemoveForeign(call.feed, id);
  } else if (const auto parsed =
                 ActivityId::Parse(id.substr(0, id.find('.')))) {
    store_.Remove(call.feed, *parsed);
  }
  std::string answer = "{\"removed\":";
  AppendJsonString(id, &answer);
  return Ok(200, answer + "}");
}

HttpResponse FeedEmulator::Follow(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::object& object = body.get_object();
  const std::string target = TextMember(object, "target");
  const std::optional<size_t> copies =
      CopyLimit(object.if_contains("activity_copy_limit"));
  if (!copies.has_value()) return BadCopyLimit();
  if (!IsFeedId(target) || target == call.feed) {
    return InputError({{"target", "must be another feed such as flat:42"}});
  }
  if (auto refusal = CheckGroups({target})) return *std::move(refusal);
  store_.Follow(call.feed, target, *copies, NextMicros());
  return Ok(201, "{}");
}

HttpResponse FeedEmulator::FollowMany(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  json::value standard;
  const std::string_view limit = call.Parameter("activity_copy_limit");
  if (!limit.empty()) standard = ParseJson(limit);
  if (!limit.empty() && !CopyLimit(&standard)) return BadCopyLimit();
  const json::array* list = body.if_array();
  if (list == nullptr || list->size() > kMaxFollowMany) {
    return InputError("invalid request payload");
  }
  struct Relation {
    std::string source;
    std::string target;
    size_t copies;
  };
  std::vector<Relation> relations;
  for (const json::value& each : *list) {
    const json::object* object = each.if_object();
    if (object == nullptr) return InputError("invalid request payload");
    const json::value* own = object->if_contains("activity_copy_limit");
    const auto copies = CopyLimit(own == nullptr ? &standard : own);
    if (!copies.has_value()) return BadCopyLimit();
    relations.push_back({TextMember(*object, "source"),
                         TextMember(*object, "target"), *copies});
    const Relation& relation = relations.back();
    if (!IsFeedId(relation.source) || !IsFeedId(relation.target) ||
        relation.source == relation.target) {
      return InputError("invalid request payload");
    }
    if (auto refusal = CheckGroups({relation.source, relation.target})) {
      return *std::move(refusal);
    }
  }
  for (const Relation& relation : relations) {
    store_.Follow(relation.source, relation.target, relation.copies,
                  NextMicros());
  }
  return Ok(201, "{}");
}

HttpResponse FeedEmulator::Unfollow(const Call& call) {
  store_.Unfollow(call.feed, call.parts[4], call.Flag("keep_history"));
  return Ok(200, "{}");
}

HttpResponse FeedEmulator::UnfollowMany(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  const json::array* list = body.if_array();
  const auto is_text = [](const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string();
  };
  if (list == nullptr ||
      !std::all_of(list->begin(), list->end(), [&](const json::value& each) {
        return each.is_object() && is_text(each.get_object(), "source") &&
               is_text(each.get_object(), "target");
      })) {
    return InputError("invalid request payload");
  }
  for (const json::value& each : *list) {
    const json::object& object = each.get_object();
    const json::value* keep = object.if_contains("keep_history");
    store_.Unfollow(TextMember(object, "source"), TextMember(object, "target"),
                    keep != nullptr && keep->is_bool() && keep->get_bool());
  }
  return Ok(201, "{}");
}

HttpResponse FeedEmulator::ReadFollowing(const Call& call) {
  return Relations(call, store_.Following(call.feed), /*by_target=*/true);
}

HttpResponse FeedEmulator::ReadFollowers(const Call& call) {
  return Relations(call, store_.Followers(call.feed), /*by_target=*/false);
}

HttpResponse FeedEmulator::Relations(const Call& call,
                                     const std::vector<FeedRelation>& relations,
                                     bool by_target) const {
  const std::vector<std::string> filter = SplitList(call.Parameter("filter"));
  size_t limit = CountParameter(call.Parameter("limit"), 25, kMaxRelations);
  size_t skip = CountParameter(call.Parameter("offset"), 0,
                               std::numeric_limits<size_t>::max());
  std::string answer = "{\"results\":[";
  for (const FeedRelation& relation : relations) {
    const std::string_view other = by_target ? relation.target : relation.feed;
    if (!filter.empty() &&
        std::find(filter.begin(), filter.end(), other) == filter.end()) {
      continue;
    }
    if (skip > 0) {
      --skip;
      continue;
    }
    if (limit-- == 0) break;
    const std::string time = FormatActivityTime(relation.created_micros);
    absl::StrAppend(&answer, answer.back() == '[' ? "" : ",", "{\"feed_id\":\"",
                    ToAbsl(relation.feed), "\",\"target_id\":\"",
                    ToAbsl(relation.target), "\",\"created_at\":\"", time,
                    "Z\",\"updated_at\":\"", time, "Z\"}");
  }
  return Ok(200, answer + "]}");
}

HttpResponse FeedEmulator::FollowStats(const Call& call) {
  const auto count = [&](bool following) {
    const char* name = following ? "following" : "followers";
    const std::string feed(call.Parameter(name));
    if (feed.empty()) return std::string();
    const std::vector<std::string> slugs =
        SplitList(call.Parameter(absl::StrCat(name, "_slugs")));
    const std::vector<FeedRelation> relations =
        following ? store_.Following(feed) : store_.Followers(feed);
    const auto total = std::count_if(
        relations.begin(), relations.end(), [&](const FeedRelation& relation) {
          const std::string_view other =
              following ? relation.target : relation.feed;
          return slugs.empty() ||
                 std::find(slugs.begin(), slugs.end(),
                           other.substr(0, other.find(':'))) != slugs.end();
        });
    std::string part = absl::StrCat("\"", name, "\":{\"feed\":");
    AppendJsonString(feed, &part);
    absl::StrAppend(&part, ",\"count\":", total, "}");
    return part;
  };
  const std::string followers = count(false);
  const std::string following = count(true);
  return Ok(200, absl::StrCat("{\"results\":{", followers,
                              followers.empty() || following.empty() ? "" : ",",
                              following, "}}"));
}

HttpResponse FeedEmulator::GetActivities(const Call& call) {
  std::vector<ActivityId> ids;
  const std::vector<std::string> foreign =
      SplitList(call.Parameter("foreign_ids"));
  const std::vector<std::string> times =
      SplitList(call.Parameter("timestamps"));
  const bool has_ids = !call.Parameter("ids").empty();
  if (has_ids != foreign.empty() || foreign.size() != times.size()) {
    return InputError("either ids, or foreign_ids and timestamps, are needed");
  }
  for (const std::string& text : SplitList(call.Parameter("ids"))) {
    if (const auto id = ActivityId::Parse(text)) ids.push_back(*id);
  }
  for (size_t i = 0; i < foreign.size(); ++i) {
    const auto micros = ParseActivityTime(times[i]);
    if (!micros.has_value()) {
      return InputError({{"timestamps", "Datetime has wrong format."}});
    }
    ids.push_back(MakeActivityId(foreign[i], *micros));
  }
  std::string answer = "{\"results\":[";
  for (const ActivityId& id : ids) {
    const FeedActivity* activity = store_.Find(id);
    if (activity == nullptr) continue;
    if (answer.back() != '[') answer += ',';
    AppendActivity(*activity, {}, answer);
  }
  return Ok(200, answer + "]}");
}

HttpResponse FeedEmulator::UpdateActivities(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  const json::array* list =
      body.is_object() ? ArrayMember(body.get_object(), "activities") : nullptr;
  if (list == nullptr || list->size() > options_.max_batch) {
    return InputError(absl::StrCat("activities must be a list of at most ",
                                   options_.max_batch));
  }
  std::vector<FeedActivity> activities;
  FieldErrors errors;
  for (const json::value& each : *list) {
    if (!each.is_object()) return InputError("an activity must be an object");
    for (const char* name : {"foreign_id", "time"}) {
      const json::value* value = each.get_object().if_contains(name);
      if (value == nullptr || value->is_null()) {
        errors.emplace_back(name, "this field is required");
      }
    }
    if (auto activity = ReadActivity(
            each.get_object(), [this] { return NextMicros(); },
            options_.max_activity_bytes, errors)) {
      activities.push_back(*std::move(activity));
    }
  }
  if (!errors.empty()) return InputError(errors);
  std::string answer = "{\"activities\":[";
  for (FeedActivity& activity : activities) {
    const ActivityId id = activity.id;
    store_.Update(std::move(activity));
    if (answer.back() != '[') answer += ',';
    AppendActivity(*store_.Find(id), {}, answer);
  }
  return Ok(201, answer + "]}");
}

const FeedActivity* FeedEmulator::FindNamed(const json::object& change) const {
  if (const auto id = ActivityId::Parse(TextMember(change, "id"))) {
    return store_.Find(*id);
  }
  const auto micros = ParseActivityTime(TextMember(change, "time"));
  if (!micros.has_value()) return nullptr;
  return store_.Find(MakeActivityId(TextMember(change, "foreign_id"), *micros));
}

HttpResponse FeedEmulator::ChangeActivities(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::array* list = ArrayMember(body.get_object(), "changes");
  const bool single = list == nullptr;
  const json::array one = single ? json::array{body} : json::array();
  if (single) list = &one;
  if (list->size() > options_.max_batch) {
    return InputError(
        absl::StrCat("at most ", options_.max_batch, " changes at once"));
  }
  std::vector<FeedActivity> changed;
  for (const json::value& each : *list) {
    if (!each.is_object()) return InputError("a change must be an object");
    const json::object& change = each.get_object();
    const FeedActivity* activity = FindNamed(change);
    if (activity == nullptr) {
      return FeedError(400, 13, "MissingActivityException",
                       "the activity doesn't exist");
    }
    // A change of what an earlier one in this request has changed.
    for (const FeedActivity& earlier : changed) {
      if (earlier.id == activity->id) activity = &earlier;
    }
    const json::value* set = change.if_contains("set");
    const json::array* unset = ArrayMember(change, "unset");
    FieldErrors errors;
    auto result = ChangeActivity(
        *activity,
        set != nullptr && set->is_object() ? set->get_object() : json::object(),
        unset == nullptr ? json::array() : *unset, options_.max_activity_bytes,
        errors);
    if (!result.has_value()) return InputError(errors);
    changed.push_back(*std::move(result));
  }
  std::string activities;
  for (FeedActivity& activity : changed) {
    if (!activities.empty()) activities += ',';
    AppendActivity(activity, {}, activities);
    store_.Update(std::move(activity));
  }
  if (single) return Ok(201, std::move(activities));
  return Ok(201, absl::StrCat("{\"activities\":[", activities, "]}"));
}

HttpResponse FeedEmulator::ChangeTargets(const Call& call) {
  const json::value body = ParseJson(call.request.body);
  const json::value* change = &body;
  if (body.is_array() && !body.get_array().empty()) {
    change = &body.get_array()[0];
  }
  if (!change->is_object()) return InputError("the body must be an object");
  const json::object& object = change->get_object();
  const FeedActivity* activity = FindNamed(object);
  if (activity == nullptr) {
    return FeedError(400, 13, "MissingActivityException",
                     "the activity doesn't exist");
  }
  const auto wanted = FeedList(ArrayMember(object, "new_targets"));
  auto added = FeedList(ArrayMember(object, "added_targets"));
  auto removed = FeedList(ArrayMember(object, "removed_targets"));
  if (!wanted.has_value() || !added.has_value() || !removed.has_value()) {
    return InputError("targets must be lists of feeds");
  }
  const auto without = [](const std::vector<std::string>& list,
                          const std::vector<std::string>& other) {
    std::vector<std::string> rest;
    for (const std::string& each : list) {
      if (std::find(other.begin(), other.end(), each) == other.end()) {
        rest.push_back(each);
      }
    }
    return rest;
  };
  if (!wanted->empty()) {
    added = without(*wanted, activity->to);
    removed = without(activity->to, *wanted);
  }
  if (auto refusal = CheckGroups(*added)) return *std::move(refusal);
  const ActivityId id = activity->id;
  store_.ChangeTargets(id, *added, *removed);
  const auto list = [](const std::vector<std::string>& feeds) {
    json::array array;
    for (const std::string& feed : feeds) array.emplace_back(feed);
    return JsonText(array);
  };
  return Ok(201, absl::StrCat("{\"activity\":", ActivityJson(*store_.Find(id)),
                              ",\"added\":", list(*added),
                              ",\"removed\":", list(*removed), "}"));
}

}  // namespace sluice::sandbox
