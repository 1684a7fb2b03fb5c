// JSON Web Tokens with HMAC-SHA256 (RFC 7519, HS256).
#ifndef PIPELINE_AUTH_JWT_H_
#define PIPELINE_AUTH_JWT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "boost/json/object.hpp"

namespace sluice {

// The contents of a token, both JSON objects.
struct Jwt {
  boost::json::object header;
  boost::json::object claims;
};

// Takes a compact token (RFC 7519) apart and checks its signature. The claims
// are for the caller to judge.
//
// `secret_of` gives the secret for a token's header and claims, which are not
// to be trusted yet; nullopt: no such signer. Its bytes are the key as they
// are.
//
//   kInvalidArgument   not three parts of base64url, not JSON objects, or
//                      another algorithm than HS256
//   kPermissionDenied  the signer is unknown, or the signature is wrong
absl::StatusOr<Jwt> VerifyJwt(
    std::string_view token,
    absl::FunctionRef<std::optional<std::string>(const Jwt&)> secret_of);

// Signs `claims` (a JSON object) under `header` with HS256.
std::string SignJwt(std::string_view header, std::string_view claims,
                    std::string_view secret);

}  // namespace sluice

#endif  // PIPELINE_AUTH_JWT_H_
