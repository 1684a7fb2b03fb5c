#include "tests/testing/http_sender.h"

#include <utility>

#include "absl/time/time.h"

namespace sluice {
namespace {

// Between two requests, also while nobody listens.
constexpr absl::Duration kPace = absl::Milliseconds(2);

}  // namespace

HttpSender::HttpSender(
    std::function<HttpRequest(const std::string& id)> make_request)
    : make_request_(std::move(make_request)),
      loop_(
          HttpLoop::Create({.name = "sender", .max_connections_per_host = 0})) {
}

HttpSender::~HttpSender() { loop_->Stop(); }

void HttpSender::Send(const std::vector<std::string>& ids) {
  loop_->Post([this, ids] {
    waiting_.assign(ids.begin(), ids.end());
    SendNext();
  });
}

void HttpSender::SendNext() {
  loop_->PostAfter(kPace, [this] { SendNext(); });
  if (waiting_.empty()) return;
  const std::string id = waiting_.front();
  waiting_.pop_front();
  HttpRequest request = make_request_(id);
  // A connection for each: one that is kept would be counted as left behind by
  // the source, which is in this process.
  request.headers.emplace_back("Connection", "close");
  under_way_[id] = loop_->Fetch(
      std::move(request),
      [this, id](const HttpResponse& response, const HttpFailure& failure) {
        const auto ended = under_way_.extract(id);
        if (!failure.status.ok() || response.status != 200) {
          waiting_.push_back(id);
        }
      });
}

}  // namespace sluice
