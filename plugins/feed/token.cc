#include "plugins/feed/token.h"

#include "pipeline/auth/jwt.h"
#include "pipeline/json/json_text.h"

namespace sluice::feed {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

void AppendClaim(std::string_view name, std::string_view value,
                 std::string* json) {
  if (value.empty()) return;
  json->push_back(json->empty() ? '{' : ',');
  AppendJsonString(name, json);
  json->push_back(':');
  AppendJsonString(value, json);
}

}  // namespace

std::string SignToken(std::string_view secret, const Claims& claims) {
  std::string json;
  AppendClaim("action", claims.action, &json);
  AppendClaim("resource", claims.resource, &json);
  AppendClaim("feed_id", claims.feed_id, &json);
  AppendClaim("user_id", claims.user_id, &json);
  json.append(json.empty() ? "{}" : "}");

  return SignJwt(kHeader, json, secret);
}

}  // namespace sluice::feed
