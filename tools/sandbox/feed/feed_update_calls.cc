// Changing activities that are there.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

using Feeds = std::vector<std::string>;

// The activity that a change names by id, or by foreign id and time.
const FeedActivity* FindNamed(const FeedService& service,
                              const json::object& change) {
  if (const auto id = ActivityId::Parse(TextMember(change, "id"))) {
    return service.feeds.Find(*id);
  }
  const auto micros = ParseActivityTime(TextMember(change, "time"));
  if (!micros.has_value()) return nullptr;
  return service.feeds.Find(
      MakeActivityId(TextMember(change, "foreign_id"), *micros));
}

// A user may change what they did themselves.
bool MayChangeIt(const FeedCall& call, const FeedActivity& activity) {
  return call.is_server() ||
         EscapedActor(activity) == absl::StrCat("SU:", call.user);
}

// The activity after one change; `changed` has what earlier changes of this
// request made. Nullopt: `refusal` says why.
std::optional<FeedActivity> Change(const FeedService& service,
                                   const FeedCall& call,
                                   const json::value& input,
                                   const std::vector<FeedActivity>& changed,
                                   HttpResponse& refusal) {
  if (!input.is_object()) {
    refusal = InputError("a change must be an object");
    return std::nullopt;
  }
  const json::object& change = input.get_object();
  const FeedActivity* activity = FindNamed(service, change);
  if (activity == nullptr) {
    refusal = MissingActivity();
    return std::nullopt;
  }
  if (!MayChangeIt(call, *activity)) {
    refusal = NoPolicy();
    return std::nullopt;
  }
  for (const FeedActivity& earlier : changed) {
    if (earlier.id == activity->id) activity = &earlier;
  }
  const json::object* set = ObjectMember(change, "set");
  const json::array* unset = ArrayMember(change, "unset");
  FieldErrors errors;
  std::optional<FeedActivity> result = ChangeActivity(
      *activity, set == nullptr ? json::object() : *set,
      unset == nullptr ? json::array() : *unset, service.rules(), errors);
  if (!result.has_value()) refusal = InputError(errors);
  return result;
}

Feeds Without(const Feeds& list, const Feeds& other) {
  Feeds rest;
  for (const std::string& each : list) {
    if (std::find(other.begin(), other.end(), each) == other.end()) {
      rest.push_back(each);
    }
  }
  return rest;
}

json::array ToArray(const Feeds& feeds) {
  return json::array(feeds.begin(), feeds.end());
}

}  // namespace

HttpResponse UpdateActivities(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  const json::array* list =
      body.is_object() ? ArrayMember(body.get_object(), "activities") : nullptr;
  if (list == nullptr || list->size() > service.options.max_batch) {
    return InputError(absl::StrCat("activities must be a list of at most ",
                                   service.options.max_batch));
  }
  std::vector<FeedActivity> activities;
  FieldErrors errors;
  for (const json::value& each : *list) {
    if (!each.is_object()) return InputError("an activity must be an object");
    for (const char* name : {"foreign_id", "time"}) {
      if (TextMember(each.get_object(), name).empty()) {
        errors.emplace_back(name, "this field is required");
      }
    }
    if (auto activity = ReadActivity(
            each.get_object(), [&] { return service.NextMicros(); },
            service.rules(), errors)) {
      activities.push_back(*std::move(activity));
    }
  }
  if (!errors.empty()) return InputError(errors);
  std::string answer = "{\"activities\":[";
  for (FeedActivity& activity : activities) {
    const ActivityId id = activity.id;
    if (service.feeds.Find(id) == nullptr) activity.to.clear();
    service.feeds.Update(std::move(activity));
    if (answer.back() != '[') answer += ',';
    AppendActivity(*service.feeds.Find(id), {}, answer);
  }
  return FeedAnswer(201, answer + "]}");
}

HttpResponse ChangeActivities(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::array* list = ArrayMember(body.get_object(), "changes");
  const bool single = list == nullptr;
  const json::array one = single ? json::array{body} : json::array();
  if (single) list = &one;
  if (list->size() > service.options.max_batch) {
    return InputError(absl::StrCat("at most ", service.options.max_batch,
                                   " changes at once"));
  }
  std::vector<FeedActivity> changed;
  for (const json::value& each : *list) {
    HttpResponse refusal;
    auto result = Change(service, call, each, changed, refusal);
    if (!result.has_value()) return refusal;
    changed.push_back(*std::move(result));
  }
  std::string activities;
  for (FeedActivity& activity : changed) {
    if (!activities.empty()) activities += ',';
    AppendActivity(activity, {}, activities);
    service.feeds.Update(std::move(activity));
  }
  if (single) return FeedAnswer(201, std::move(activities));
  return FeedAnswer(201, absl::StrCat("{\"activities\":[", activities, "]}"));
}

HttpResponse ChangeTargets(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  const json::value* change = &body;
  // Of several changes the service makes the first one at once.
  if (body.is_array() && !body.get_array().empty()) {
    change = &body.get_array()[0];
  }
  if (!change->is_object()) return InputError("the body must be an object");
  const json::object& object = change->get_object();
  const FeedActivity* activity = FindNamed(service, object);
  if (activity == nullptr) return MissingActivity();
  if (!MayChangeIt(call, *activity)) return NoPolicy();
  const auto wanted = FeedList(ArrayMember(object, "new_targets"));
  auto added = FeedList(ArrayMember(object, "added_targets"));
  auto removed = FeedList(ArrayMember(object, "removed_targets"));
  if (!wanted.has_value() || !added.has_value() || !removed.has_value()) {
    return InputError("targets must be lists of feeds");
  }
  if (!wanted->empty()) {
    added = Without(*wanted, activity->to);
    removed = Without(activity->to, *wanted);
  }
  if (auto refusal = service.CheckGroups(*added)) return *std::move(refusal);
  const bool allowed =
      call.is_server() ||
      std::all_of(added->begin(), added->end(), [&](const std::string& feed) {
        return MayTarget(call.user, feed);
      });
  if (!allowed) return NoPolicy();
  const ActivityId id = activity->id;
  service.feeds.ChangeTargets(id, *added, *removed);
  return FeedAnswer(
      201,
      JsonText(json::object{{"activity", ActivityJson(*service.feeds.Find(id))},
                            {"added", ToArray(*added)},
                            {"removed", ToArray(*removed)}}));
}

}  // namespace sluice::sandbox
