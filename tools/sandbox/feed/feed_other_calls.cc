// Analytics, open graph, personalization: recorded or canned, for nothing here
// depends on them.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"
#include "tools/sandbox/feed/json_paths.h"

namespace sluice::sandbox {
namespace {

// Keeps each event with what it is. False: one is no object.
bool Record(FeedService& service, const std::vector<JsonView>& events,
            std::string_view type) {
  for (const JsonView& event : events) {
    if (!event.is_object()) return false;
  }
  std::string quoted;
  AppendJsonString(type, &quoted);
  for (const JsonView& event : events) {
    service.RecordAnalytics(SetJsonPath(event, "type", quoted));
  }
  return true;
}

HttpResponse NoEvents(std::string_view name) {
  return InputError({{std::string(name), "must be a list of objects"}});
}

}  // namespace

HttpResponse TrackEngagements(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  const auto events =
      body.has_value() ? body->FindElements("content_list") : std::nullopt;
  if (!events.has_value() || !Record(service, *events, "engagement")) {
    return NoEvents("content_list");
  }
  service.counts.engagements += static_cast<int64_t>(events->size());
  return FeedAnswer(201, "{}");
}

HttpResponse TrackImpressions(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseBody(call.request.body);
  if (!body.has_value()) return NoEvents("impressions");
  const std::vector<JsonView> events =
      body->is_array() ? body->elements() : std::vector<JsonView>{*body};
  if (!Record(service, events, "impression")) return NoEvents("impressions");
  service.counts.impressions += static_cast<int64_t>(events.size());
  return FeedAnswer(201, "{}");
}

HttpResponse FollowRedirect(FeedService& service, const FeedCall& call) {
  const std::string_view target = call.Parameter("url");
  if (!target.starts_with("http://") && !target.starts_with("https://")) {
    return InputError({{"url", "must be an http or https address"}});
  }
  for (const char c : target) {
    if (static_cast<unsigned char>(c) <= ' ') {
      return InputError({{"url", "must be an http or https address"}});
    }
  }
  const std::optional<JsonView> events = ParseBody(call.Parameter("events"));
  if (!events.has_value() || !events->is_array() ||
      !Record(service, events->elements(), "redirect")) {
    return NoEvents("events");
  }
  ++service.counts.redirects;
  HttpResponse response = FeedAnswer(302, "{}");
  response.headers.emplace_back("Location", target);
  return response;
}

HttpResponse ReadOpenGraph(FeedService&, const FeedCall& call) {
  const std::string_view url = call.Parameter("url");
  if (url.empty()) return InputError({{"url", "this field is required"}});
  if (absl::EndsWithIgnoreCase(ToAbsl(url), ".exe")) {
    return InputError("couldn't find og data for the provided url");
  }
  const std::string page(url);
  const std::string image =
      JsonObjectText().AddString("image", page + "/image.png").text();
  return FeedAnswer(
      200, JsonObjectText()
               .AddString("title", "The page at " + page)
               .AddString("description",
                          "The sandbox looks at no page: this text is canned.")
               .AddString("type", "website")
               .AddString("url", url)
               .AddString("original_url", url)
               .AddString("site", url)
               .AddString("site_name", "sandbox")
               .AddString("favicon", page + "/favicon.ico")
               .Add("images", JsonArrayOf({image}))
               .text());
}

HttpResponse Personalize(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> app = ParseBody(service.options.app_id);
  return FeedAnswer(
      200, JsonObjectText()
               .Add("app_id", app.has_value() ? app->text() : "null")
               .Add("results", "[]")
               .AddString("next", "")
               .AddInteger("limit",
                           static_cast<int64_t>(call.Count("limit", 25, 100)))
               .AddInteger("offset", static_cast<int64_t>(
                                         call.Count("offset", 0, 1'000'000)))
               .AddString("version", call.Parameter("version"))
               .text());
}

}  // namespace sluice::sandbox
