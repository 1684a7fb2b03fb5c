#include "plugins/disruptive/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
#include "plugins/disruptive/text.h"

namespace sluice::disruptive {
namespace {

// Base64url without padding, as RFC 7515 wants it.
std::string Encoded(std::string_view bytes) {
  std::string encoded = absl::WebSafeBase64Escape(ToAbsl(bytes));
  while (encoded.ends_with('=')) encoded.pop_back();
  return encoded;
}

boost::json::string_view Json(std::string_view text) {
  return boost::json::string_view(text.data(), text.size());
}

std::string HmacSha256(std::string_view key, std::string_view message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       digest, &size);
  return std::string(reinterpret_cast<char*>(digest), size);
}

}  // namespace

std::string SignAssertion(const Assertion& assertion) {
  const int64_t issued = absl::ToUnixSeconds(assertion.issued);
  const boost::json::value header = {
      {"alg", "HS256"}, {"kid", Json(assertion.key_id)}, {"typ", "JWT"}};
  const boost::json::value claims = {{"iat", issued},
                                     {"exp", issued + 3600},
                                     {"aud", Json(assertion.audience)},
                                     {"iss", Json(assertion.email)}};
  const std::string signed_part =
      absl::StrCat(Encoded(boost::json::serialize(header)), ".",
                   Encoded(boost::json::serialize(claims)));
  return absl::StrCat(signed_part, ".",
                      Encoded(HmacSha256(assertion.secret, signed_part)));
}

std::string BasicHeader(std::string_view key_id, std::string_view secret) {
  return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                    ToAbsl(key_id), ":", ToAbsl(secret))));
}

}  // namespace sluice::disruptive
