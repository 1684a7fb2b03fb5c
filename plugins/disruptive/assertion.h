// The signed statement a service account trades for an access token.
// Source: python-client 1.7.3, disruptive/authentication.py, and
// terraform-provider-dt, internal/dt/oidc/oidc.go
// (https://github.com/disruptive-technologies).
#ifndef PLUGINS_DISRUPTIVE_ASSERTION_H_
#define PLUGINS_DISRUPTIVE_ASSERTION_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice::disruptive {

struct Assertion {
  std::string_view key_id;
  std::string_view secret;
  std::string_view email;
  // The token endpoint's address.
  std::string_view audience;
  absl::Time issued;
};

// A JSON Web Token in compact form, HS256, valid for one hour from
// `assertion.issued`.
std::string SignAssertion(const Assertion& assertion);

// The Authorization header of HTTP Basic.
std::string BasicHeader(std::string_view key_id, std::string_view secret);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_ASSERTION_H_
