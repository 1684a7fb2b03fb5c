#include "tools/sandbox/feed/feed_access.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/auth/jwt.h"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxKnownTokens = 10'000;

HttpResponse NotAllowed(std::string_view detail) {
  return FeedError(403, 17, "NotAllowedException", detail);
}

// "personalization,collections"; absent and null: nothing.
std::vector<std::string> ListClaim(const json::object& claims,
                                   std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  const std::string_view text = value->get_string();
  return absl::StrSplit(ToAbsl(text), ',', absl::SkipEmpty());
}

bool Allows(const std::vector<std::string>& list, std::string_view wanted) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& each) {
    return each == "*" || each == wanted;
  });
}

std::string WithoutColon(std::string feed) {
  feed.erase(std::remove(feed.begin(), feed.end(), ':'), feed.end());
  return feed;
}

}  // namespace

HttpResponse FeedError(int status, int code, std::string_view exception,
                       std::string_view detail,
                       std::string_view exception_fields) {
  HttpResponse response{.status = status};
  response.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  std::string& body = response.body;
  body = "{\"detail\":";
  AppendJsonString(detail, &body);
  absl::StrAppend(&body, ",\"status_code\":", status, ",\"code\":", code,
                  ",\"exception\":");
  AppendJsonString(exception, &body);
  if (!exception_fields.empty()) {
    absl::StrAppend(&body, ",\"exception_fields\":", ToAbsl(exception_fields));
  }
  body += ",\"more_info\":\"https://getstream.io/docs/api_error_responses\"}";
  return response;
}

const FeedAccess::Claims* FeedAccess::Verify(std::string_view token,
                                             HttpResponse& refusal) {
  const auto known = known_.find(ToAbsl(token));
  if (known != known_.end()) return &known->second;
  if (std::count(token.begin(), token.end(), '.') != 2) {
    refusal = NotAllowed("token contains an invalid number of segments");
    return nullptr;
  }
  const absl::StatusOr<Jwt> jwt =
      VerifyJwt(token, [this](const Jwt&) { return api_secret_; });
  if (!jwt.ok()) {
    refusal = NotAllowed(absl::IsPermissionDenied(jwt.status())
                             ? "signature is invalid"
                             : "token is malformed");
    return nullptr;
  }
  Claims claims;
  claims.resources = ListClaim(jwt->claims, "resource");
  claims.actions = ListClaim(jwt->claims, "action");
  for (std::string& feed : ListClaim(jwt->claims, "feed_id")) {
    claims.feeds.push_back(WithoutColon(std::move(feed)));
  }
  const json::value* expires = jwt->claims.if_contains("exp");
  boost::system::error_code error;
  if (expires != nullptr && expires->is_number()) {
    const auto seconds = expires->to_number<int64_t>(error);
    if (!error) claims.expires = absl::FromUnixSeconds(seconds);
  }
  if (known_.size() >= kMaxKnownTokens) known_.clear();
  return &known_.insert_or_assign(std::string(token), std::move(claims))
              .first->second;
}

std::optional<HttpResponse> FeedAccess::Check(const HttpServerRequest& request,
                                              const FeedPermission& permission,
                                              absl::Time now) {
  std::string key;
  for (const auto& [name, value] : ParseQuery(request.query)) {
    if (name == "api_key") key = value;
  }
  if (key != api_key_) {
    return FeedError(401, 2, "ApiKeyException",
                     key.empty() ? "api_key is missing" : "api_key not found");
  }
  HttpResponse refusal;
  const Claims* claims = Verify(
      FindHeader(request.headers, "Authorization").value_or(""), refusal);
  if (claims == nullptr) return refusal;
  if (now >= claims->expires) return NotAllowed("token has expired");
  if (claims->resources.empty()) {
    return NotAllowed("tokens of users have no permissions here");
  }
  const std::string feed = WithoutColon(permission.feed);
  const bool feed_ok = feed.empty()
                           ? claims->feeds.empty() || Allows(claims->feeds, "*")
                           : Allows(claims->feeds, feed);
  if (!Allows(claims->resources, permission.resource) ||
      !Allows(claims->actions, permission.action) || !feed_ok) {
    return NotAllowed(
        absl::StrCat("the token does not allow to ", ToAbsl(permission.action),
                     " ", ToAbsl(permission.resource), " ", permission.feed));
  }
  return std::nullopt;
}

}  // namespace sluice::sandbox
