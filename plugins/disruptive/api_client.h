// Questions to the REST API, within its limits.
#ifndef PLUGINS_DISRUPTIVE_API_CLIENT_H_
#define PLUGINS_DISRUPTIVE_API_CLIENT_H_

#include <deque>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/scoped_timer.h"
#include "pipeline/http/http_client.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/authorizer.h"
#include "plugins/disruptive/backoff.h"
#include "plugins/disruptive/rate_budget.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// One request.
struct ApiRequest {
  std::string method = "GET";
  // Absolute and encoded.
  std::string url = {};
  // JSON; empty: none.
  std::string body = {};
  // It may be sent again although an earlier one was perhaps carried out.
  bool repeatable = true;
  // Tries at most; 0: until one gets through.
  int attempts = 0;
};

// Sends requests in the order they were asked for, at most
// Settings::parallel at once and within the rate budget (the service allows 25
// requests in 5 seconds: https://docs.developer.disruptive-technologies.com/
// error-codes). What may pass by itself (no connection, 401 with an old token,
// 408, 429, 5xx) is tried again with backoff; 429 and Retry-After hold up all
// requests.
//
// Used on the executor only; callbacks come there, never inside Send().
class ApiClient {
 public:
  class Request;
  // A request under way; destroying it takes it back, the callback then does
  // not come. May be destroyed inside its callback; the client outlives it.
  using Handle = std::unique_ptr<Request>;
  // The body of a 200, or an answer that stays as it is: see StatusOfAnswer().
  // Of a request with bounded attempts also what might have passed by itself:
  // the last answer, kUnavailable or kDeadlineExceeded (not reached; see
  // ApiError.maybe_done), kUnauthenticated (the key is refused),
  // kFailedPrecondition (the certificate is refused), kResourceExhausted
  // without an HTTP status (the answer is over 64 MiB).
  using Callback = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  struct Counters {
    Counter* requests = nullptr;
    Counter* throttled = nullptr;
  };

  // Everything given outlives the client.
  ApiClient(const Settings* settings, Executor* executor, HttpClient* http,
            Authorizer* authorizer, absl::BitGenRef* random, Counters counters);
  ~ApiClient();

  Handle Send(ApiRequest request, Callback done);
  // GETs base_url + `path`, which begins with a slash and is encoded, until
  // it gets through.
  Handle Get(std::string path, Callback done);

  // While paused no request begins.
  void SetPaused(bool paused);

  // Why requests do not get through at the moment, for a person; empty: they
  // do.
  const std::string& trouble() const { return trouble_; }

 private:
  friend class Request;
  void Enqueue(Request* request);
  void Remove(Request* request);
  void Pump();
  // How long all have to wait from now on.
  void HoldAll(absl::Duration wait);

  const Settings* settings_;
  Executor* executor_;
  HttpClient* http_;
  Authorizer* authorizer_;
  absl::BitGenRef* random_;
  Counters counters_;

  RateBudget budget_;
  bool paused_ = false;
  int running_ = 0;
  std::deque<Request*> queue_;
  ScopedTimer pump_timer_;
  std::string trouble_;
};

// See ApiClient::Handle.
class ApiClient::Request {
 public:
  Request(ApiClient* client, ApiRequest request, Callback done);
  ~Request();

 private:
  friend class ApiClient;
  void Begin();
  void Send(const Grant& grant);
  void OnAnswer(HttpResponse response, HttpFailure failure);
  void OnFailure(const HttpFailure& failure);
  absl::Duration WaitAfter(const HttpResponse& response);
  // Tries again, unless it was tried often enough.
  void Retry(absl::Duration wait, absl::Status trouble);
  bool bounded() const { return request_.attempts > 0; }
  void Finish(absl::StatusOr<std::string> result);
  // Gives its place among the running ones back.
  void Leave();

  ApiClient* client_;
  ApiRequest request_;
  Callback done_;
  int tries_ = 0;
  bool running_ = false;
  // 401 answers in a row.
  int refused_ = 0;
  std::string header_;
  Backoff backoff_;
  ScopedTimer retry_timer_;
  std::unique_ptr<HttpCall> call_;
  // Callbacks of the authorizer look here before they touch the request.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_API_CLIENT_H_
