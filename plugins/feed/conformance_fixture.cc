#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/kit/http_sink_fixture.h"

namespace sluice::feed {
namespace {

constexpr char kSecret[] = "s3cret-of-the-feed";

// Foreign ids in the body of a batch add, which are ids of events here.
std::vector<std::string> ReadIds(const HttpServerRequest& request) {
  constexpr std::string_view kName = "\"foreign_id\":\"";
  const std::string& body = request.body;
  std::vector<std::string> ids;
  for (size_t at = body.find(kName); at != std::string::npos;
       at = body.find(kName, at + 1)) {
    const size_t begin = at + kName.size();
    ids.push_back(body.substr(begin, body.find('"', begin) - begin));
  }
  return ids;
}

HttpResponse Stored(const HttpServerRequest& request) {
  std::string body = "{\"duration\":\"1ms\",\"activities\":[";
  for (size_t i = 0; i < ReadIds(request).size(); ++i) {
    body += i == 0 ? "{}" : ",{}";
  }
  return {.status = 201, .body = body + "]}"};
}

HttpResponse Error(int status, int code) {
  return {.status = status,
          .body = absl::StrCat("{\"exception\":\"SomeException\",\"detail\":"
                               "\"why\",\"status_code\":",
                               status, ",\"code\":", code, "}")};
}

// The service names the moment, in whole seconds, at which its window ends.
HttpResponse Throttled(absl::Duration delay) {
  HttpResponse response = Error(429, 9);
  response.headers = {
      {"X-RateLimit-Reset",
       absl::StrCat(absl::ToUnixSeconds(absl::Now() + delay) + 1)}};
  return response;
}

class FeedFixture final : public kit::HttpSinkFixture {
 public:
  FeedFixture()
      : HttpSinkFixture({
            .events_of = ReadIds,
            .accepted = Stored,
            .failed = [] { return Error(503, -1); },
            .throttled = Throttled,
            .refused_credentials = [] { return Error(403, 17); },
            .refused_events =
                [](const HttpServerRequest&) { return Error(400, 4); },
        }) {
    setenv("CONFORMANCE_FEED_SECRET", kSecret, 1);
  }

  std::string Config() override {
    return absl::StrCat("feed:\n  base_url: ", url(), R"(
  api_key: key
  api_secret: {env: CONFORMANCE_FEED_SECRET}
  feed: "room:{{ labels.room }}"
  foreign_id: "{{ id }}"
)");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    const std::string credentials =
        "api_key: key, api_secret: {env: CONFORMANCE_FEED_SECRET}";
    return {
        {"feed: {api_key: key, feed: \"room:1\"}", "api_secret"},
        {absl::StrCat("feed: {", credentials, "}"), "feed"},
        {absl::StrCat("feed: {", credentials,
                      ", feed: \"room:1\", verb: \"{{ verb }}\"}"),
         "verb"},
    };
  }
  std::string Secret() override { return kSecret; }
};

}  // namespace
}  // namespace sluice::feed

SLUICE_SINK_FIXTURE(sluice::feed::FeedFixture);
