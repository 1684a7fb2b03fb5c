#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"
#include "plugins/disruptive/webhook/push_testing.h"
#include "tests/kit/source_fixture.h"

namespace sluice::disruptive {
namespace {

constexpr char kSecret[] = "s3cret-of-the-connector";

// Nobody has it when this returns, and nobody else is likely to take it.
uint16_t FreePort() {
  auto server = HttpServer::Start(
      {}, [](HttpServerRequest, std::shared_ptr<HttpResponder>) {});
  CHECK(server.ok()) << server.status();
  return (*server)->port();
}

// A Data Connector in miniature: pushes each event again and again until one
// push of it is answered 200. As the service does, it pushes on while others
// wait for their answers, so nothing is said about order.
class DataConnector {
 public:
  explicit DataConnector(std::string url)
      : url_(std::move(url)),
        loop_(HttpLoop::Create(
            {.name = "connector", .max_connections_per_host = 0})) {}
  ~DataConnector() { loop_->Stop(); }

  void Push(const std::vector<std::string>& ids) {
    loop_->Post([this, ids] {
      waiting_.assign(ids.begin(), ids.end());
      PushNext();
    });
  }

 private:
  // One after the other, also while nobody listens.
  static constexpr absl::Duration kPace = absl::Milliseconds(2);

  // On the loop, like all that follows.
  void PushNext() {
    loop_->PostAfter(kPace, [this] { PushNext(); });
    if (waiting_.empty()) return;
    const std::string id = waiting_.front();
    waiting_.pop_front();
    under_way_[id] = loop_->Fetch(
        RequestFor(id),
        [this, id](const HttpResponse& response, const HttpFailure& failure) {
          const auto ended = under_way_.extract(id);
          if (!failure.status.ok() || response.status != 200) {
            waiting_.push_back(id);
          }
        });
  }

  // Each on a connection of its own: one that is kept would be counted as left
  // behind by the source, which is in this process.
  HttpRequest RequestFor(const std::string& id) const {
    const std::string body = PushBody(id);
    return {
        .method = "POST",
        .url = url_,
        .headers = {{"X-Dt-Signature", SignPush(body, kSecret, absl::Now())},
                    {"Connection", "close"}},
        .body = body};
  }

  const std::string url_;
  const std::unique_ptr<HttpLoop> loop_;
  std::deque<std::string> waiting_;
  std::map<std::string, std::unique_ptr<HttpCall>> under_way_;
};

class WebhookFixture final : public kit::SourceFixture {
 public:
  WebhookFixture() { setenv("CONFORMANCE_PUSH_SECRET", kSecret, 1); }

  std::vector<std::string> Provide(size_t count) override {
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(absl::StrCat("push-", i));
    connector_.Push(ids);
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
  DataConnector connector_{absl::StrCat("http://127.0.0.1:", port_, "/")};
};

}  // namespace
}  // namespace sluice::disruptive

SLUICE_SOURCE_FIXTURE(sluice::disruptive::WebhookFixture);
