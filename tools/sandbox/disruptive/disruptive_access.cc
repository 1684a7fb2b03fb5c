#include "tools/sandbox/disruptive/disruptive_access.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "boost/json.hpp"
#include "openssl/rand.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kGrantType =
    "urn:ietf:params:oauth:grant-type:jwt-bearer";
// Bounds on an assertion's times. The real ones are not documented; clients
// send exactly one hour, some back-dated by 5 s.
constexpr absl::Duration kClockSkew = absl::Seconds(5);
constexpr absl::Duration kLongestAssertion = absl::Hours(1);

HttpResponse OauthError(std::string_view error, std::string_view description) {
  return JsonAnswer(400, absl::StrCat(R"({"error":")", ToAbsl(error),
                                      R"(","error_description":")",
                                      ToAbsl(description), R"("})"));
}

std::string NewToken() {
  unsigned char bytes[32];
  RAND_bytes(bytes, sizeof(bytes));
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<char*>(bytes), sizeof(bytes)));
}

std::optional<absl::Time> TimeClaim(const json::object& claims,
                                    std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return absl::FromUnixSeconds(
      static_cast<int64_t>(value->to_number<double>()));
}

bool NamesOneOf(const json::value* audience,
                const std::vector<std::string>& known) {
  if (audience == nullptr) return false;
  if (audience->is_string()) {
    const std::string text(audience->get_string());
    return std::find(known.begin(), known.end(), text) != known.end();
  }
  if (!audience->is_array()) return false;
  for (const json::value& each : audience->get_array()) {
    if (each.is_string() && NamesOneOf(&each, known)) return true;
  }
  return false;
}

}  // namespace

HttpResponse DisruptiveAccess::IssueToken(const HttpServerRequest& request,
                                          absl::Time now) {
  std::string grant_type;
  std::string assertion;
  for (auto& [name, value] : ParseQuery(request.body)) {
    if (name == "grant_type") grant_type = value;
    if (name == "assertion") assertion = value;
  }
  if (grant_type != kGrantType) {
    ++refused_;
    return OauthError("unsupported_grant_type",
                      absl::StrCat("grant_type must be ", ToAbsl(kGrantType)));
  }
  const std::string problem = CheckAssertion(assertion, now);
  if (!problem.empty()) {
    ++refused_;
    return OauthError("invalid_grant", problem);
  }
  absl::erase_if(tokens_,
                 [now](const auto& token) { return token.second <= now; });
  ++tokens_issued_;
  std::string token = NewToken();
  std::string body = absl::StrCat(
      R"({"access_token":")", token, R"(","token_type":"Bearer","expires_in":)",
      absl::ToInt64Seconds(options_.token_lifetime), "}");
  tokens_.emplace(std::move(token), now + options_.token_lifetime);
  return JsonAnswer(200, std::move(body));
}

std::string DisruptiveAccess::CheckAssertion(const std::string& assertion,
                                             absl::Time now) const {
  std::optional<DisruptiveKey> key;
  const auto secret_of = [&](const Jwt& jwt) -> std::optional<std::string> {
    const json::value* id = jwt.header.if_contains("kid");
    if (id == nullptr || !id->is_string()) return std::nullopt;
    key = KeyOf(id->get_string());
    if (!key.has_value()) return std::nullopt;
    return key->secret;
  };
  const absl::StatusOr<Jwt> jwt = VerifyJwt(assertion, secret_of);
  if (!jwt.ok()) return std::string(jwt.status().message());
  const json::object& claims = jwt->claims;
  if (!IsText(claims.if_contains("iss"), key->email)) {
    return "iss is not the service account of the key";
  }
  if (!NamesOneOf(claims.if_contains("aud"), audiences_)) {
    return "aud is not the address of this token endpoint";
  }
  const auto issued = TimeClaim(claims, "iat");
  const auto expires = TimeClaim(claims, "exp");
  if (!issued.has_value() || !expires.has_value()) {
    return "iat and exp are needed";
  }
  if (*issued > now + kClockSkew) return "iat lies in the future";
  if (*expires <= now) return "the assertion has expired";
  if (*expires - *issued > kLongestAssertion) {
    return "exp is more than one hour after iat";
  }
  return "";
}

std::optional<DisruptiveKey> DisruptiveAccess::KeyOf(
    std::string_view key_id) const {
  if (find_key_ != nullptr) return find_key_(key_id);
  if (key_id != options_.key_id) return std::nullopt;
  return DisruptiveKey{options_.secret, options_.email, options_.basic};
}

bool DisruptiveAccess::IsBasicKey(std::string_view base64) const {
  std::string pair;
  if (!absl::Base64Unescape(ToAbsl(base64), &pair)) return false;
  const size_t colon = std::min(pair.find(':'), pair.size());
  const auto key = KeyOf(std::string_view(pair).substr(0, colon));
  return key.has_value() && key->basic &&
         pair.substr(colon) == absl::StrCat(":", key->secret);
}

std::optional<HttpResponse> DisruptiveAccess::CheckCredentials(
    const HttpServerRequest& request, absl::Time now) {
  if (!options_.required) return std::nullopt;
  const auto header = FindHeader(request.headers, "Authorization");
  absl::string_view value = header.has_value() ? ToAbsl(*header) : "";
  const auto take_scheme = [&value](absl::string_view scheme) {
    if (!absl::StartsWithIgnoreCase(value, scheme)) return false;
    value = absl::StripAsciiWhitespace(value.substr(scheme.size()));
    return true;
  };
  if (take_scheme("Bearer ")) {
    const auto token = tokens_.find(value);
    if (token != tokens_.end() && now < token->second) return std::nullopt;
  } else if (take_scheme("Basic ") && IsBasicKey(ToStd(value))) {
    return std::nullopt;
  }
  ++refused_;
  return DisruptiveError(401, "the request could not be authenticated");
}

std::optional<HttpResponse> DisruptiveAccess::CheckRate(absl::Time now) {
  if (options_.rate_limit == 0) return std::nullopt;
  while (!requests_.empty() &&
         requests_.front() <= now - options_.rate_window) {
    requests_.pop_front();
  }
  if (requests_.size() < static_cast<size_t>(options_.rate_limit)) {
    requests_.push_back(now);
    return std::nullopt;
  }
  ++rate_limited_;
  const absl::Duration wait = requests_.front() + options_.rate_window - now;
  const auto seconds =
      static_cast<int64_t>(std::ceil(absl::ToDoubleSeconds(wait)));
  HttpResponse answer = DisruptiveError(429, "too many requests");
  answer.headers.emplace_back("Retry-After",
                              absl::StrCat(std::max<int64_t>(1, seconds)));
  return answer;
}

}  // namespace sluice::sandbox
