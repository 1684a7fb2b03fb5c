// Analytics, open graph, personalization: recorded or canned, for nothing here
// depends on them.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

// Keeps each event with what it is. False: one is no object.
bool Record(FeedService& service, const json::array& events,
            std::string_view type) {
  for (const json::value& event : events) {
    if (!event.is_object()) return false;
  }
  for (const json::value& event : events) {
    json::object kept = event.get_object();
    kept["type"] = type;
    service.RecordAnalytics(JsonText(kept));
  }
  return true;
}

HttpResponse NoEvents(std::string_view name) {
  return InputError({{std::string(name), "must be a list of objects"}});
}

}  // namespace

HttpResponse TrackEngagements(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  const json::array* list = body.is_object()
                                ? ArrayMember(body.get_object(), "content_list")
                                : nullptr;
  if (list == nullptr || !Record(service, *list, "engagement")) {
    return NoEvents("content_list");
  }
  service.counts.engagements += static_cast<int64_t>(list->size());
  return FeedAnswer(201, "{}");
}

HttpResponse TrackImpressions(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  const json::array list = body.is_array()    ? body.get_array()
                           : body.is_object() ? json::array{body}
                                              : json::array{nullptr};
  if (!Record(service, list, "impression")) return NoEvents("impressions");
  service.counts.impressions += static_cast<int64_t>(list.size());
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
  const json::value events = ParseBody(call.Parameter("events"));
  if (!events.is_array() || !Record(service, events.get_array(), "redirect")) {
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
  const json::object answer{
      {"title", absl::StrCat("The page at ", ToAbsl(url))},
      {"description", "The sandbox looks at no page: this text is canned."},
      {"type", "website"},
      {"url", url},
      {"original_url", url},
      {"site", url},
      {"site_name", "sandbox"},
      {"favicon", absl::StrCat(ToAbsl(url), "/favicon.ico")},
      {"images", json::array{json::object{
                     {"image", absl::StrCat(ToAbsl(url), "/image.png")}}}}};
  return FeedAnswer(200, JsonText(answer));
}

HttpResponse Personalize(FeedService& service, const FeedCall& call) {
  const json::object answer{
      {"app_id", ParseBody(service.options.app_id)},
      {"results", json::array()},
      {"next", ""},
      {"limit", call.Count("limit", 25, 100)},
      {"offset", call.Count("offset", 0, 1'000'000)},
      {"version", std::string(call.Parameter("version"))}};
  return FeedAnswer(200, JsonText(answer));
}

}  // namespace sluice::sandbox
