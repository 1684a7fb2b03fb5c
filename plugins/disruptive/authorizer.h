// The Authorization header of our requests.
#ifndef PLUGINS_DISRUPTIVE_AUTHORIZER_H_
#define PLUGINS_DISRUPTIVE_AUTHORIZER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/scoped_timer.h"
#include "pipeline/http/http_client.h"
#include "plugins/disruptive/backoff.h"
#include "plugins/disruptive/server_clock.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// What a request may carry for a while.
struct Grant {
  std::string header;
  // On the executor's monotonic clock; infinite: it does not end.
  absl::Duration expires = absl::InfiniteDuration();
};

// Turns the service account's key into grants: access tokens that are fetched
// when first asked for and renewed well before they end (after 80 % of their
// life), one fetch at a time whoever asks; or HTTP Basic, for development. A
// refusal by a service whose clock differs from ours is tried again by its
// clock before anybody hears of it.
// Source: python-client 1.7.3, disruptive/authentication.py.
//
// Used on the executor only. Neither tokens nor the secret are ever part of a
// status.
class Authorizer {
 public:
  // The grant, or why there is none:
  //   kUnauthenticated     the service refuses the key; needs a person
  //   kFailedPrecondition  the token endpoint's certificate is refused; needs a
  //                        person
  //   kUnavailable         anything that may pass by itself
  using Callback = absl::AnyInvocable<void(const absl::StatusOr<Grant>&)>;

  // Everything given outlives the authorizer.
  Authorizer(const Settings* settings, Executor* executor, HttpClient* http,
             absl::BitGenRef* random, ServerClock* clock);

  // Calls `done` once, later, never inside this call; not at all if the
  // authorizer is destroyed before. Failures are kept for a moment, so that
  // asking often does not mean fetching often.
  void Get(Callback done);

  // The service answered 401 to `header`: it is not given out again. Basic
  // credentials cannot be renewed; they are.
  void Reject(std::string_view header);

 private:
  bool usable() const;
  void Answer();
  void Fetch();
  void OnToken(const HttpResponse& response, const HttpFailure& failure);
  void Accept(std::string_view token, absl::Duration lifetime);
  // `asked`: not to be asked again before.
  void Fail(absl::Status status, absl::Duration asked = absl::ZeroDuration());

  const Settings* settings_;
  Executor* executor_;
  HttpClient* http_;
  absl::BitGenRef* random_;
  ServerClock* clock_;

  Grant grant_;
  // A little before it expires.
  absl::Duration given_out_until_ = absl::InfiniteDuration();
  std::vector<Callback> waiting_;
  std::unique_ptr<HttpCall> call_;
  // The last refusal was tried again because our clock was wrong.
  bool clock_corrected_ = false;
  // The last fetch's failure, told to whoever asks before `retry_at_`.
  absl::Status failure_;
  absl::Duration retry_at_ = -absl::InfiniteDuration();
  Backoff backoff_;
  ScopedTimer answer_timer_;
  ScopedTimer renew_timer_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_AUTHORIZER_H_
