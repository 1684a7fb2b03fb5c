// Changing activities that are there.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

using Feeds = std::vector<std::string>;

// The activity that a change names by id, or by foreign id and time.
const FeedActivity* FindNamed(const FeedService& service,
                              const JsonView& change) {
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
         ActorOf(activity) == absl::StrCat("SU:", call.user);
}

// The activity after one change; `changed` has what earlier changes of this
// request made. Nullopt: `refusal` says why.
std::optional<FeedActivity> Change(const FeedService& service,
                                   const FeedCall& call, const JsonView& change,
                                   const std::vector<FeedActivity>& changed,
                                   HttpResponse& refusal) {
  if (!change.is_object()) {
    refusal = InputError("a change must be an object");
    return std::nullopt;
  }
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
  FieldErrors errors;
  std::optional<FeedActivity> result = ChangeActivity(
      *activity, ObjectMember(change, "set"),
      change.FindElements("unset").value_or(std::vector<JsonView>()),
      service.rules(), errors);
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

}  // namespace

HttpResponse UpdateActivities(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  const auto inputs =
      body.has_value() ? body->FindElements("activities") : std::nullopt;
  if (!inputs.has_value() || inputs->size() > service.options.max_batch) {
    return InputError(absl::StrCat("activities must be a list of at most ",
                                   service.options.max_batch));
  }
  std::vector<FeedActivity> activities;
  FieldErrors errors;
  for (const JsonView& each : *inputs) {
    if (!each.is_object()) return InputError("an activity must be an object");
    for (const char* name : {"foreign_id", "time"}) {
      if (TextMember(each, name).empty()) {
        errors.emplace_back(name, "this field is required");
      }
    }
    if (auto activity = ReadActivity(
            each, [&] { return service.NextMicros(); }, service.rules(),
            errors)) {
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
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  const auto list = body->FindElements("changes");
  const bool single = !list.has_value();
  const std::vector<JsonView> changes =
      single ? std::vector<JsonView>{*body} : *list;
  if (changes.size() > service.options.max_batch) {
    return InputError(absl::StrCat("at most ", service.options.max_batch,
                                   " changes at once"));
  }
  std::vector<FeedActivity> changed;
  for (const JsonView& each : changes) {
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
  std::optional<JsonView> change = ParseBody(call.request.body);
  // Of several changes the service makes the first one at once.
  if (change.has_value() && !change->elements().empty()) {
    change = change->elements().front();
  }
  if (!change.has_value() || !change->is_object()) {
    return InputError("the body must be an object");
  }
  const FeedActivity* activity = FindNamed(service, *change);
  if (activity == nullptr) return MissingActivity();
  if (!MayChangeIt(call, *activity)) return NoPolicy();
  const auto wanted = FeedList(change->FindElements("new_targets"));
  auto added = FeedList(change->FindElements("added_targets"));
  auto removed = FeedList(change->FindElements("removed_targets"));
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
  return FeedAnswer(201,
                    JsonObjectText()
                        .Add("activity", ActivityJson(*service.feeds.Find(id)))
                        .AddStrings("added", *added)
                        .AddStrings("removed", *removed)
                        .text());
}

}  // namespace sluice::sandbox
