// The stream that the conformance kit posts to. The sandbox's emulator speaks
// more of the service, but cannot be told to fail case by case, and plugins do
// not see tools.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/kit/http_sink_fixture.h"

namespace sluice::inthing {
namespace {

constexpr char kPassword[] = "s3cret-of-the-stream";

std::string FieldOf(const HttpServerRequest& request, std::string_view wanted) {
  for (const auto& [name, value] : ParseQuery(request.body)) {
    if (name == wanted) return value;
  }
  return "";
}

// The title of an event's post is its id. A digest has a summary and, behind an
// empty line, "- 22:13:20 ID" for each event, the newest first.
std::vector<std::string> ReadIds(const HttpServerRequest& request) {
  const std::string title = FieldOf(request, "title");
  if (!absl::StrContains(title, " events from ")) return {title};
  const std::string description = FieldOf(request, "description");
  std::vector<std::string> ids;
  for (const absl::string_view line :
       absl::StrSplit(description.substr(description.find("\n\n") + 2), '\n',
                      absl::SkipEmpty())) {
    const absl::string_view id = line.substr(line.rfind(' ') + 1);
    ids.push_back(absl::StrReplaceAll(id, {{"\\", ""}}));
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

// What the service says of a post, always with HTTP status 200.
HttpResponse Say(std::string body) {
  return {.status = 200, .body = std::move(body)};
}

// The service names the length of its window and leaves the rest to its clock,
// which shows the beginning of one here.
HttpResponse Throttled(absl::Duration delay) {
  HttpResponse response = Say(absl::StrCat(
      R"({"status":"ratelimited","msg":"you have exceeded the maximum of 20 )",
      "requests in ", absl::ToInt64Seconds(delay), " seconds\"}"));
  response.headers = {{"Date", "Thu, 01 Jan 2026 00:00:00 GMT"}};
  return response;
}

HttpResponse Refused(const char* field, const char* why) {
  return Say(absl::StrCat(
      R"({"status":"fail","msg":"event failed to validate","field_errors":{")",
      field, "\":[\"", why, "\"]}}"));
}

class InthingFixture final : public kit::HttpSinkFixture {
 public:
  InthingFixture()
      : HttpSinkFixture({
            .events_of = ReadIds,
            .accepted =
                [](const HttpServerRequest&) {
                  return Say(
                      R"({"status":"ok","event":{"id":"1","url":"http://e/1/"}})");
                },
            .throttled = Throttled,
            .refused_credentials =
                [] { return Refused("password", "wrong password"); },
            .refused_events =
                [](const HttpServerRequest&) {
                  return Refused("title", "is not allowed");
                },
        }) {
    setenv("CONFORMANCE_INTHING_PASSWORD", kPassword, 1);
  }

  // The sink waits for an answer as long as its own `timeout` says, so that one
  // has to be within the time of a short delivery. Its pace would take hours.
  std::string Config() override {
    return absl::StrCat("inthing:\n  url: ", url(), R"(
  stream: /kit/conformance/
  password: {env: CONFORMANCE_INTHING_PASSWORD}
  title: "{{ id }}"
  timeout: 2s
  pace: {burst: 1000, interval: 10ms}
)");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {
        {"inthing: {}", "stream"},
        {"inthing: {stream: /a/b/, timeout: 1ms}", "timeout"},
        {"inthing: {stream: /a/b/, password: {env: NOT_SET}}", "password"},
        {"inthing: {stream: /a/b/, title: \"{{ title }}\"}", "title"},
        {"inthing: {stream: /a/b/, image: {}}", "image"},
        {"inthing: {stream: /a/b/, pace: {share: 2}}", "pace.share"},
    };
  }
  std::string Secret() override { return kPassword; }
};

}  // namespace
}  // namespace sluice::inthing

SLUICE_SINK_FIXTURE(sluice::inthing::InthingFixture);
