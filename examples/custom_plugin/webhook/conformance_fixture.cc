// What the conformance kit posts to. It answers, throttles, fails and stalls as
// the kit wants; this says how an event and a configuration look.
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/kit/http_sink_fixture.h"

namespace webhook {
namespace {

constexpr char kToken[] = "a-secret-token";

std::vector<std::string> ReadId(const sluice::HttpServerRequest& request) {
  const auto id = sluice::FindHeader(request.headers, "ce-id");
  return {std::string(id.value_or("no ce-id"))};
}

class WebhookFixture final : public sluice::kit::HttpSinkFixture {
 public:
  WebhookFixture() : HttpSinkFixture({.events_of = ReadId}) {
    setenv("CONFORMANCE_TOKEN", kToken, 1);
  }

  std::string Config() override {
    return "webhook:\n  url: " + url() +
           "\n  token: {env: CONFORMANCE_TOKEN}\n";
  }
  std::vector<sluice::kit::BadConfig> BadConfigs() override {
    return {{"webhook: {}", "url"},
            {"webhook: {url: \"ftp://example.com\"}", "url"},
            {"webhook: {url: \"http://example.com\", token: {env: NOT_SET}}",
             "token"}};
  }
  std::string Secret() override { return kToken; }
};

}  // namespace
}  // namespace webhook

SLUICE_SINK_FIXTURE(webhook::WebhookFixture);
