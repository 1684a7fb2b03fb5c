#include "tests/kit/http_sink_fixture.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice::kit {

HttpSinkFixture::HttpSinkFixture(HttpService service)
    : service_(std::move(service)) {
  CHECK(service_.events_of) << "HttpService::events_of is required";
  HttpServerOptions options;
  options.name = "kit-service";
  options.addresses = {"127.0.0.1"};
  auto server = HttpServer::Start(
      std::move(options), [this](HttpServerRequest request,
                                 std::shared_ptr<HttpResponder> responder) {
        Handle(std::move(request), responder);
      });
  CHECK(server.ok()) << server.status();
  server_ = *std::move(server);
}

HttpSinkFixture::~HttpSinkFixture() {
  server_ = nullptr;
  absl::MutexLock lock(&mu_);
  stalled_.clear();
}

std::string HttpSinkFixture::url() const {
  return absl::StrCat("http://127.0.0.1:", server_->port());
}

bool HttpSinkFixture::Behave(Behavior behavior) {
  if (service_.lacks.count(behavior) > 0) return false;
  std::vector<std::shared_ptr<HttpResponder>> stalled;
  absl::MutexLock lock(&mu_);
  behavior_ = behavior;
  stalled.swap(stalled_);
  return true;
}

std::optional<std::vector<std::string>> HttpSinkFixture::Taken() {
  absl::MutexLock lock(&mu_);
  return taken_;
}

void HttpSinkFixture::Take(const std::vector<std::string>& events) {
  taken_.insert(taken_.end(), events.begin(), events.end());
}

void HttpSinkFixture::Handle(HttpServerRequest request,
                             const std::shared_ptr<HttpResponder>& responder) {
  const std::vector<std::string> events = service_.events_of(request);
  std::optional<HttpResponse> answer;
  bool cut = false;
  {
    absl::MutexLock lock(&mu_);
    cut = behavior_ == Behavior::kCut && !events.empty();
    answer = Answer(request, events);
    if (!answer.has_value() && !cut) stalled_.push_back(responder);
  }
  if (answer.has_value()) {
    responder->Send(*std::move(answer));
  } else if (cut) {
    responder->Abort(/*reset=*/true);
  }
}

std::optional<HttpResponse> HttpSinkFixture::Answer(
    const HttpServerRequest& request, const std::vector<std::string>& events) {
  if (behavior_ == Behavior::kRefuseCredentials) {
    return service_.refused_credentials();
  }
  if (events.empty()) return service_.accepted(request);
  switch (behavior_) {
    case Behavior::kFailOnce:
      behavior_ = Behavior::kAccept;
      return service_.failed();
    case Behavior::kFail:
      return service_.failed();
    case Behavior::kThrottle:
      return service_.throttled(kThrottleDelay);
    case Behavior::kStall:
      return std::nullopt;
    case Behavior::kCut:
      Take(events);
      return std::nullopt;
    case Behavior::kRefusePoison:
      if (std::count(events.begin(), events.end(), kPoisonId) > 0) {
        return service_.refused_events(request);
      }
      break;
    case Behavior::kAccept:
    case Behavior::kRefuseCredentials:
      break;
  }
  Take(events);
  return service_.accepted(request);
}

}  // namespace sluice::kit
