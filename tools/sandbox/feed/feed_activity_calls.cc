// Adding, removing and looking up activities.
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_enrichment.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxFeedsOfOne = 5000;

std::optional<FeedActivity> Read(FeedService& service, const JsonView& input,
                                 FieldErrors& errors) {
  if (!input.is_object()) {
    errors.emplace_back("activity", "must be an object");
    return std::nullopt;
  }
  return ReadActivity(
      input, [&] { return service.NextMicros(); }, service.rules(), errors);
}

// What keeps a user, or anybody, from adding it.
std::optional<HttpResponse> Refusal(const FeedService& service,
                                    const FeedCall& call,
                                    const FeedActivity& activity) {
  if (auto refusal = service.CheckGroups(activity.to)) return refusal;
  if (call.is_server()) return std::nullopt;
  if (ActorOf(activity) != absl::StrCat("SU:", call.user)) {
    return NoPolicy();
  }
  for (const std::string& target : activity.to) {
    if (!MayTarget(call.user, target)) return NoPolicy();
  }
  return std::nullopt;
}

// All of them are checked before the first one is stored.
HttpResponse AddBatch(FeedService& service, const FeedCall& call,
                      const std::vector<JsonView>& list) {
  ++service.counts.batches;
  if (list.size() > service.options.max_batch) {
    return InputError(absl::StrCat("at most ", service.options.max_batch,
                                   " activities can be added at once"));
  }
  std::vector<FeedActivity> activities;
  activities.reserve(list.size());
  std::vector<FieldErrors> errors(list.size());
  FieldErrors all_errors;
  for (size_t i = 0; i < list.size(); ++i) {
    if (auto activity = Read(service, list[i], errors[i])) {
      activities.push_back(*std::move(activity));
    }
    all_errors.insert(all_errors.end(), errors[i].begin(), errors[i].end());
  }
  if (!all_errors.empty()) {
    std::string fields;
    for (const FieldErrors& each : errors) {
      absl::StrAppend(&fields, fields.empty() ? "[" : ",",
                      FieldErrorsJson(each));
    }
    return InputError(FieldErrorsText(all_errors), fields + "]");
  }
  for (const FeedActivity& activity : activities) {
    if (auto refusal = Refusal(service, call, activity)) {
      return *std::move(refusal);
    }
  }
  std::string answer = "{\"activities\":[";
  answer.reserve(call.request.body.size() + 128 * activities.size());
  for (FeedActivity& activity : activities) {
    if (answer.back() != '[') answer += ',';
    AppendActivity(activity, {}, answer);
    service.Add(call.feed, std::move(activity));
  }
  return FeedAnswer(201, answer += "]}");
}

// The ids that a look-up names. Nullopt: `refusal` says what is wrong.
std::optional<std::vector<ActivityId>> WantedIds(const FeedCall& call,
                                                 HttpResponse& refusal) {
  std::vector<ActivityId> ids;
  const std::vector<std::string> texts = call.List("ids");
  const std::vector<std::string> foreign = call.List("foreign_ids");
  const std::vector<std::string> times = call.List("timestamps");
  if (texts.empty() == foreign.empty() || foreign.size() != times.size()) {
    refusal =
        InputError("either ids, or foreign_ids and timestamps, are needed");
    return std::nullopt;
  }
  for (const std::string& text : texts) {
    if (const auto id = ActivityId::Parse(text)) ids.push_back(*id);
  }
  for (size_t i = 0; i < foreign.size(); ++i) {
    const auto micros = ParseActivityTime(times[i]);
    if (!micros.has_value()) {
      refusal = InputError({{"timestamps", "Datetime has wrong format."}});
      return std::nullopt;
    }
    ids.push_back(MakeActivityId(foreign[i], *micros));
  }
  return ids;
}

}  // namespace

HttpResponse AddActivities(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  if (const auto list = body->FindElements("activities")) {
    return AddBatch(service, call, *list);
  }
  FieldErrors errors;
  std::optional<FeedActivity> activity = Read(service, *body, errors);
  if (!activity.has_value()) return InputError(errors);
  if (auto refusal = Refusal(service, call, *activity)) {
    return *std::move(refusal);
  }
  std::string answer;
  AppendActivity(*activity, {}, answer);
  service.Add(call.feed, *std::move(activity));
  return FeedAnswer(201, std::move(answer));
}

HttpResponse AddToMany(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  const std::optional<JsonView> input = body->Find("activity");
  const auto feeds = FeedList(body->FindElements("feeds"));
  if (!input.has_value() || !feeds.has_value() || feeds->empty() ||
      feeds->size() > kMaxFeedsOfOne) {
    return InputError("activity and feeds (1 to 5000) are needed");
  }
  if (auto refusal = service.CheckGroups(*feeds)) return *std::move(refusal);
  FieldErrors errors;
  std::optional<FeedActivity> activity = Read(service, *input, errors);
  if (activity.has_value() && !activity->to.empty()) {
    errors.emplace_back("to", "is not allowed here");
  }
  if (!errors.empty()) return InputError(errors);
  const size_t added = service.feeds.AddToMany(*feeds, *std::move(activity));
  service.counts.received += static_cast<int64_t>(feeds->size());
  service.counts.repeated += static_cast<int64_t>(feeds->size() - added);
  return FeedAnswer(201, "{}");
}

HttpResponse RemoveActivity(FeedService& service, const FeedCall& call) {
  const std::string& id = call.values[0];
  if (call.Flag("foreign_id")) {
    service.feeds.RemoveForeign(call.feed, id);
  } else if (const auto parsed =
                 ActivityId::Parse(id.substr(0, id.find('.')))) {
    service.feeds.Remove(call.feed, *parsed);
  }
  return FeedAnswer(200, JsonObjectText().AddString("removed", id).text());
}

HttpResponse GetActivities(FeedService& service, const FeedCall& call) {
  HttpResponse refusal;
  const auto ids = WantedIds(call, refusal);
  if (!ids.has_value()) return refusal;
  const FeedEnrichment enrichment(service, call);
  std::string answer = "{\"results\":[";
  for (const ActivityId& id : *ids) {
    const FeedActivity* activity = service.feeds.Find(id);
    if (activity == nullptr) continue;
    if (answer.back() != '[') answer += ',';
    enrichment.Append({activity, {}}, answer);
  }
  return FeedAnswer(200, answer + "]}");
}

}  // namespace sluice::sandbox
