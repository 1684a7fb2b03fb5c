#include "pipeline/auth/jwt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

namespace json = boost::json;

std::string HmacSha256(std::string_view text, std::string_view secret) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest,
       &length);
  return std::string(reinterpret_cast<const char*>(digest), length);
}

absl::StatusOr<json::object> DecodeObject(absl::string_view part,
                                          const char* name) {
  std::string text;
  boost::system::error_code error;
  if (absl::WebSafeBase64Unescape(part, &text)) {
    json::value value = json::parse(text, error);
    if (!error && value.is_object()) return std::move(value.get_object());
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the token's ", name, " is no JSON object in base64url"));
}

}  // namespace

absl::StatusOr<Jwt> VerifyJwt(
    std::string_view token,
    absl::FunctionRef<std::optional<std::string>(const Jwt&)> secret_of) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(ToAbsl(token), '.');
  if (parts.size() != 3) {
    return absl::InvalidArgumentError("a token has three parts");
  }
  Jwt jwt;
  SLUICE_ASSIGN_OR_RETURN(jwt.header, DecodeObject(parts[0], "header"));
  SLUICE_ASSIGN_OR_RETURN(jwt.claims, DecodeObject(parts[1], "payload"));
  if (!IsText(jwt.header.if_contains("alg"), "HS256")) {
    return absl::InvalidArgumentError("the token's algorithm is not HS256");
  }
  const std::optional<std::string> secret = secret_of(jwt);
  if (!secret.has_value()) {
    return absl::PermissionDeniedError("the token's signer is unknown");
  }
  const size_t signed_size = parts[0].size() + 1 + parts[1].size();
  const std::string expected =
      HmacSha256(token.substr(0, signed_size), *secret);
  std::string signature;
  if (!absl::WebSafeBase64Unescape(parts[2], &signature) ||
      signature.size() != expected.size() ||
      CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) != 0) {
    return absl::PermissionDeniedError("the token's signature is wrong");
  }
  return jwt;
}

std::string SignJwt(std::string_view header, std::string_view claims,
                    std::string_view secret) {
  std::string token =
      absl::StrCat(absl::WebSafeBase64Escape(ToAbsl(header)), ".",
                   absl::WebSafeBase64Escape(ToAbsl(claims)));
  absl::StrAppend(&token, ".",
                  absl::WebSafeBase64Escape(HmacSha256(token, secret)));
  return token;
}

}  // namespace sluice
