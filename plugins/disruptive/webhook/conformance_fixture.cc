#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "plugins/disruptive/webhook/push_testing.h"
#include "tests/kit/source_fixture.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_sender.h"

namespace sluice::disruptive {
namespace {

constexpr char kSecret[] = "s3cret-of-the-connector";

// A Data Connector in miniature. As the service does, it pushes on while others
// wait for their answers.
HttpRequest Push(uint16_t port, const std::string& id) {
  const std::string body = PushBody(id);
  return {.method = "POST",
          .url = absl::StrCat("http://127.0.0.1:", port, "/"),
          .headers = {{"X-Dt-Signature", SignPush(body, kSecret, absl::Now())}},
          .body = body};
}

class WebhookFixture final : public kit::SourceFixture {
 public:
  WebhookFixture() { setenv("CONFORMANCE_PUSH_SECRET", kSecret, 1); }

  std::vector<std::string> Provide(size_t count) override {
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(absl::StrCat("push-", i));
    connector_.Send(ids);
    return ids;
  }
  std::string Config() override {
    return absl::StrCat("disruptive_webhook:\n  port: ", port_, R"(
  signature_secrets: [{env: CONFORMANCE_PUSH_SECRET}]
)");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {
        {"disruptive_webhook: {unsigned: true}", "port"},
        {"disruptive_webhook: {port: 1}", "signature_secrets"},
        {"disruptive_webhook: {port: 1, signature_secrets: [{env: NOT_SET}]}",
         "signature_secrets[0]"},
        {"disruptive_webhook: {port: 1, unsigned: true, path: hooks}", "path"},
        {"disruptive_webhook: {port: 1, unsigned: true, addresses: [0.0.0.0]}",
         "certificate_file"},
    };
  }
  bool KeepsOrder() override { return false; }
  std::string Secret() override { return kSecret; }

 private:
  const uint16_t port_ = FreePort();
  HttpSender connector_{
      [port = port_](const std::string& id) { return Push(port, id); }};
};

}  // namespace
}  // namespace sluice::disruptive

SLUICE_SOURCE_FIXTURE(sluice::disruptive::WebhookFixture);
