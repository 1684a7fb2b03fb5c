// Events over HTTP, from a sender that sends again what is not answered 200.
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"
#include "tests/kit/source_fixture.h"

namespace sluice::lines {
namespace {

constexpr char kToken[] = "t0ken-of-the-sender";

// Nobody has it when this returns, and nobody else is likely to take it.
uint16_t FreePort() {
  auto server = HttpServer::Start(
      {}, [](HttpServerRequest, std::shared_ptr<HttpResponder>) {});
  CHECK(server.ok()) << server.status();
  return (*server)->port();
}

// Posts each event again and again until a request with it is answered 200; on
// while others wait for their answers, so nothing is said about order.
class Sender {
 public:
  explicit Sender(std::string url)
      : url_(std::move(url)),
        loop_(HttpLoop::Create(
            {.name = "sender", .max_connections_per_host = 0})) {}
  ~Sender() { loop_->Stop(); }

  void Send(const std::vector<std::string>& ids) {
    loop_->Post([this, ids] {
      waiting_.assign(ids.begin(), ids.end());
      SendNext();
    });
  }

 private:
  // One after the other, also while nobody listens.
  static constexpr absl::Duration kPace = absl::Milliseconds(2);

  // On the loop, like all that follows.
  void SendNext() {
    loop_->PostAfter(kPace, [this] { SendNext(); });
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
    return {.method = "POST",
            .url = url_,
            .headers = {{"Authorization", absl::StrCat("Bearer ", kToken)},
                        {"Content-Type", "application/x-ndjson"},
                        {"Connection", "close"}},
            .body = absl::StrCat("{\"id\":\"", id, "\"}\n")};
  }

  const std::string url_;
  const std::unique_ptr<HttpLoop> loop_;
  std::deque<std::string> waiting_;
  std::map<std::string, std::unique_ptr<HttpCall>> under_way_;
};

class HttpFixture final : public kit::SourceFixture {
 public:
  HttpFixture() { setenv("CONFORMANCE_LINES_TOKEN", kToken, 1); }

  std::vector<std::string> Provide(size_t count) override {
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(absl::StrCat("event-", i));
    sender_.Send(ids);
    return ids;
  }
  std::string Config() override {
    return absl::StrCat("lines:\n  http: {listen: \"", port_,
                        "\", token: {env: CONFORMANCE_LINES_TOKEN}}\n"
                        "  fields: {id: id}\n");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {
        {"lines: {}", ""},
        {"lines: {http: {}}", "http.listen"},
        {"lines: {http: {listen: \"0.0.0.0:1\"}}", "http.certificate_file"},
        {"lines: {http: {listen: \"1\", token: {env: NOT_SET}}}", "http.token"},
        {"lines: {http: {listen: \"1\"}, fields: {id: a..b}}", "fields.id"},
        {"lines: {http: {listen: \"1\"}, max_line_bytes: 1}", "max_line_bytes"},
    };
  }
  bool KeepsOrder() override { return false; }
  std::string Secret() override { return kToken; }

 private:
  const uint16_t port_ = FreePort();
  Sender sender_{absl::StrCat("http://127.0.0.1:", port_, "/")};
};

}  // namespace
}  // namespace sluice::lines

SLUICE_SOURCE_FIXTURE(sluice::lines::HttpFixture);
