// Who may use the emulated Disruptive Technologies API, and how often.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_ACCESS_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_ACCESS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "pipeline/http/http_server.h"

namespace sluice::sandbox {

// A key of a service account.
struct DisruptiveKey {
  std::string secret;
  std::string email;
  // May be sent as Basic credentials.
  bool basic = true;
};

struct DisruptiveAccessOptions {
  // The service account that is there from the start.
  std::string key_id;
  std::string secret;
  std::string email;

  // False: requests need no credentials at all.
  bool required = true;
  // Takes its key id and secret as Basic credentials too.
  bool basic = true;
  absl::Duration token_lifetime = absl::Hours(1);

  // At most this many requests in this time; the API's page on error 429 named
  // 25 in 5 s. 0: no limit.
  int rate_limit = 25;
  absl::Duration rate_window = absl::Seconds(5);
};

// Issues tokens and checks requests. Not thread-safe.
class DisruptiveAccess {
 public:
  explicit DisruptiveAccess(DisruptiveAccessOptions options)
      : options_(std::move(options)) {}

  // Where keys are found by their ids, in place of that of the options.
  using FindKey =
      std::function<std::optional<DisruptiveKey>(std::string_view key_id)>;
  void set_find_key(FindKey find_key) { find_key_ = std::move(find_key); }

  // Addresses of the token endpoint, any of which an assertion may name as its
  // audience.
  void set_audiences(std::vector<std::string> audiences) {
    audiences_ = std::move(audiences);
  }

  // Answers POST /oauth2/token: a JWT assertion for a bearer token (RFC 7523).
  HttpResponse IssueToken(const HttpServerRequest& request, absl::Time now);

  // The error answer to a request without valid credentials; nullopt: it may
  // go on.
  std::optional<HttpResponse> CheckCredentials(const HttpServerRequest& request,
                                               absl::Time now);

  // The error answer to a request over the limit; nullopt: it is within, and
  // counted.
  std::optional<HttpResponse> CheckRate(absl::Time now);

  // Takes back every token: holders get 401.
  void RevokeTokens() { tokens_.clear(); }

  void set_token_lifetime(absl::Duration lifetime) {
    options_.token_lifetime = lifetime;
  }
  void set_rate_limit(int requests) { options_.rate_limit = requests; }
  const DisruptiveAccessOptions& options() const { return options_; }

  int64_t tokens_issued() const { return tokens_issued_; }
  int64_t refused() const { return refused_; }
  int64_t rate_limited() const { return rate_limited_; }

 private:
  std::optional<DisruptiveKey> KeyOf(std::string_view key_id) const;
  bool IsBasicKey(std::string_view base64) const;
  // What is wrong with an assertion; empty: nothing.
  std::string CheckAssertion(const std::string& assertion,
                             absl::Time now) const;

  DisruptiveAccessOptions options_;
  FindKey find_key_;
  std::vector<std::string> audiences_;
  absl::flat_hash_map<std::string, absl::Time> tokens_;  // and their ends
  std::deque<absl::Time> requests_;  // within the rate window
  int64_t tokens_issued_ = 0;
  int64_t refused_ = 0;
  int64_t rate_limited_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_ACCESS_H_
