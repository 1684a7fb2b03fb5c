// A service for the conformance kit. It takes batches of CloudEvents, which say
// themselves which events they are, and it is one that repeats in its errors
// what it was sent, secrets included.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kit/http_sink_fixture.h"
#include "tests/testing/gunzip.h"

namespace sluice::http {
namespace {

constexpr char kToken[] = "s3cret-of-the-service";

std::vector<std::string> ReadIds(const HttpServerRequest& request) {
  constexpr std::string_view kName = "\"specversion\":\"1.0\",\"id\":\"";
  const std::string body = Gunzip(request.body).value_or("");
  std::vector<std::string> ids;
  for (size_t at = body.find(kName); at != std::string::npos;
       at = body.find(kName, at + 1)) {
    const size_t begin = at + kName.size();
    ids.push_back(body.substr(begin, body.find('"', begin) - begin));
  }
  return ids;
}

HttpResponse Refused(const HttpServerRequest& request) {
  const auto credentials = FindHeader(request.headers, "Authorization");
  return {.status = 422,
          .body = absl::StrCat("cannot take that, dear ",
                               std::string(credentials.value_or("nobody")))};
}

class HttpFixture final : public kit::HttpSinkFixture {
 public:
  HttpFixture()
      : HttpSinkFixture({
            .events_of = ReadIds,
            .refused_credentials =
                [] {
                  return HttpResponse{
                      .status = 401,
                      .body = absl::StrCat(kToken, " is no token of ours")};
                },
            .refused_events = Refused,
        }) {
    setenv("CONFORMANCE_HTTP_TOKEN", kToken, 1);
  }

  std::string Config() override {
    return absl::StrCat("http:\n  url: ", url(), R"(/events?v=2
  format: cloud_events
  compression: gzip
  authorization: {bearer: {env: CONFORMANCE_HTTP_TOKEN}}
  headers: {X-From: kit}
  statuses: {422: rejected}
)");
  }

  std::vector<kit::BadConfig> BadConfigs() override {
    return {
        {"http: {}", "url"},
        {"http: {url: \"http://me:s3cret-of-the-service@h\"}", "url"},
        {"http: {url: \"http://h\", headers: {Host: h}}", "headers.Host"},
        {"http: {url: \"http://h\", headers: {Cookie: a}}", "headers.Cookie"},
        {"http: {url: \"http://h\", secret_headers: {Key: {env: NOT_SET}}}",
         "secret_headers.Key"},
        {"http: {url: \"http://h\", authorization: {}}", "authorization"},
        {"http: {url: \"http://h\", authorization: {basic: {user: u}}}",
         "authorization.basic.password"},
        {"http: {url: \"http://h\", authorization: {bearer: {env: "
         "CONFORMANCE_HTTP_TOKEN}, basic: {user: u}}}",
         "authorization.basic"},
        {"http: {url: \"http://h\", max_batch_events: 0}", "max_batch_events"},
        {"http: {url: \"http://h\", max_batch_bytes: 1GiB}", "max_batch_bytes"},
        {"http: {url: \"http://h\", in_flight: 1000}", "in_flight"},
        {"http: {url: \"http://h\", timeout: 1h}", "timeout"},
        {"http: {url: \"http://h\", statuses: {40x: retry}}", "statuses.40x"},
        {"http: {url: \"http://h\", statuses: {409: shrug}}", "statuses.409"},
        {"http: {url: \"http://h\", format: xml}", "format"},
        {"http: {url: \"http://h\", method: get}", "method"},
        {"http: {url: \"http://h\", compression: zstd}", "compression"},
    };
  }

  std::string Secret() override { return kToken; }
};

}  // namespace
}  // namespace sluice::http

SLUICE_SINK_FIXTURE(sluice::http::HttpFixture);
