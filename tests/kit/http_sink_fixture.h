// A destination on loopback for sinks that speak HTTP.
#ifndef TESTS_KIT_HTTP_SINK_FIXTURE_H_
#define TESTS_KIT_HTTP_SINK_FIXTURE_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"
#include "tests/kit/sink_fixture.h"

namespace sluice::kit {

// How the service that a sink talks to reads and answers. All functions run on
// the server's thread and refer to nothing of a derived fixture, which dies
// first.
struct HttpService {
  // The ids of the events in a request, in order; none for a request that
  // brings no events (a login), which is always accepted unless the
  // credentials are refused. Required.
  std::function<std::vector<std::string>(const HttpServerRequest&)> events_of;
  // The answers, for each Behavior.
  std::function<HttpResponse(const HttpServerRequest&)> accepted =
      [](const HttpServerRequest&) { return HttpResponse{.status = 200}; };
  std::function<HttpResponse()> failed = [] {
    return HttpResponse{.status = 503};
  };
  std::function<HttpResponse(absl::Duration delay)> throttled =
      [](absl::Duration delay) {
        return HttpResponse{
            .status = 429,
            .headers = {
                {"Retry-After", std::to_string(absl::ToInt64Seconds(delay))}}};
      };
  std::function<HttpResponse()> refused_credentials = [] {
    return HttpResponse{.status = 401};
  };
  std::function<HttpResponse(const HttpServerRequest&)> refused_events =
      [](const HttpServerRequest&) { return HttpResponse{.status = 400}; };
  // Behaviors that this service does not know, e.g. kThrottle.
  std::set<Behavior> lacks = {};
};

// Does everything of a SinkFixture but Config():
//
//   class AcmeFixture final : public kit::HttpSinkFixture {
//    public:
//     AcmeFixture() : HttpSinkFixture({.events_of = ReadIds}) {}
//     std::string Config() override { return "acme: {url: '" + url() + "'}"; }
//   };
//   SLUICE_SINK_FIXTURE(AcmeFixture);
class HttpSinkFixture : public SinkFixture {
 public:
  explicit HttpSinkFixture(HttpService service);
  ~HttpSinkFixture() override;

  bool Behave(Behavior behavior) override;
  std::optional<std::vector<std::string>> Taken() override;

 protected:
  // "http://127.0.0.1:PORT", without a slash behind it.
  std::string url() const;

 private:
  void Handle(HttpServerRequest request,
              const std::shared_ptr<HttpResponder>& responder);
  // Null: no answer.
  std::optional<HttpResponse> Answer(const HttpServerRequest& request,
                                     const std::vector<std::string>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Take(const std::vector<std::string>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const HttpService service_;
  absl::Mutex mu_;
  Behavior behavior_ ABSL_GUARDED_BY(mu_) = Behavior::kAccept;
  std::vector<std::string> taken_ ABSL_GUARDED_BY(mu_);
  // Of requests that are never answered; dropping one ends its connection.
  std::vector<std::shared_ptr<HttpResponder>> stalled_ ABSL_GUARDED_BY(mu_);
  // Last: its thread uses the rest.
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sluice::kit

#endif  // TESTS_KIT_HTTP_SINK_FIXTURE_H_
