#include "plugins/feed/jwt.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "pipeline/template/json_text.h"

namespace sluice::feed {
namespace {

// {"alg":"HS256","typ":"JWT"}
constexpr std::string_view kHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

std::string Encode(std::string_view bytes) {
  return absl::WebSafeBase64Escape(
      absl::string_view(bytes.data(), bytes.size()));
}

void AppendClaim(std::string_view name, std::string_view value,
                 std::string* json) {
  if (value.empty()) return;
  json->push_back(json->empty() ? '{' : ',');
  AppendJsonString(name, json);
  json->push_back(':');
  AppendJsonString(value, json);
}

std::string Hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest,
       &size);
  return std::string(reinterpret_cast<const char*>(digest), size);
}

}  // namespace

std::string SignToken(std::string_view secret, const Claims& claims) {
  std::string json;
  AppendClaim("action", claims.action, &json);
  AppendClaim("resource", claims.resource, &json);
  AppendClaim("feed_id", claims.feed_id, &json);
  AppendClaim("user_id", claims.user_id, &json);
  json.append(json.empty() ? "{}" : "}");

  std::string token(kHeader);
  token.push_back('.');
  token.append(Encode(json));
  const std::string signature = Encode(Hmac(secret, token));
  token.push_back('.');
  token.append(signature);
  return token;
}

}  // namespace sluice::feed
