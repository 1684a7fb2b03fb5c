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
#include "pipeline/http/http_client.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/authorizer.h"
#include "plugins/disruptive/backoff.h"
#include "plugins/disruptive/rate_budget.h"
#include "plugins/disruptive/scoped_timer.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// Sends GET requests in the order they were asked for, at most
// Settings::parallel at once and within the rate budget (the service allows 25
// requests in 5 seconds: https://docs.developer.disruptive-technologies.com/
// error-codes). What may pass by itself (no connection, 401 with an old token,
// 408, 429, 5xx) is tried again until it works, with backoff; 429 and
// Retry-After hold up all requests.
//
// Used on the executor only; callbacks come there, never inside Get().
class ApiClient {
 public:
  class Request;
  // A request under way; destroying it takes it back, the callback then does
  // not come. May be destroyed inside its callback; the client outlives it.
  using Handle = std::unique_ptr<Request>;
  // The body of a 200; or kInvalidArgument (400), kPermissionDenied (403),
  // kNotFound (404), kUnimplemented (any other answer that stays as it is).
  using Callback = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  struct Counters {
    Counter* requests = nullptr;
    Counter* throttled = nullptr;
  };

  // Everything given outlives the client.
  ApiClient(const Settings* settings, Executor* executor, HttpClient* http,
            Authorizer* authorizer, absl::BitGenRef* random, Counters counters);
  ~ApiClient();

  // GETs base_url + `path`, which begins with a slash and is encoded.
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
  Request(ApiClient* client, std::string path, Callback done);
  ~Request();

 private:
  friend class ApiClient;
  void Begin();
  void Send(const Grant& grant);
  void OnAnswer(HttpResponse response, HttpFailure failure);
  void Retry(absl::Duration wait, std::string trouble);
  void Finish(absl::StatusOr<std::string> result);
  // Gives its place among the running ones back.
  void Leave();

  ApiClient* client_;
  std::string path_;
  Callback done_;
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
