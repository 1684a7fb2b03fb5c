#include "tools/sandbox/feed/feed_access.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/auth/jwt.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_answer.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxKnownTokens = 10'000;

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

std::string WithoutColon(std::string_view feed) {
  std::string text(feed);
  text.erase(std::remove(text.begin(), text.end(), ':'), text.end());
  return text;
}

bool IsOwn(std::string_view user, std::string_view feed) {
  return feed.substr(feed.find(':') + 1) == user;
}

bool AllowsUser(std::string_view user, const FeedPermission& permission) {
  switch (permission.users) {
    case FeedUserRule::kNothing:
      return false;
    case FeedUserRule::kAnything:
      return true;
    case FeedUserRule::kReadFeed:
      return permission.feed.starts_with("user:") ||
             IsOwn(user, permission.feed);
    case FeedUserRule::kOwnFeed:
      return IsOwn(user, permission.feed);
  }
  return false;
}

}  // namespace

bool MayTarget(std::string_view user, std::string_view feed) {
  return IsOwn(user, feed) || feed.starts_with("notification:");
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
  for (const std::string& feed : ListClaim(jwt->claims, "feed_id")) {
    claims.feeds.push_back(WithoutColon(feed));
  }
  if (const json::value* user = jwt->claims.if_contains("user_id")) {
    claims.user =
        user->is_string() ? std::string(user->get_string()) : JsonText(*user);
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

bool FeedAccess::AllowsServer(const Claims& claims,
                              const FeedPermission& permission) {
  const bool feed_ok =
      permission.feed.empty()
          ? claims.feeds.empty() || Allows(claims.feeds, "*")
          : Allows(claims.feeds, WithoutColon(permission.feed));
  return feed_ok && Allows(claims.resources, permission.resource) &&
         Allows(claims.actions, permission.action);
}

std::optional<HttpResponse> FeedAccess::Check(std::string_view api_key,
                                              std::string_view token,
                                              const FeedPermission& permission,
                                              absl::Time now,
                                              std::string& user) {
  if (api_key != api_key_) {
    return FeedError(
        401, 2, "ApiKeyException",
        api_key.empty() ? "api_key is missing" : "api_key not found");
  }
  HttpResponse refusal;
  const Claims* claims = Verify(token, refusal);
  if (claims == nullptr) return refusal;
  if (now >= claims->expires) return NotAllowed("token has expired");
  if (!claims->resources.empty()) {
    if (AllowsServer(*claims, permission)) return std::nullopt;
    return NotAllowed(absl::StrCat(
        "the token does not allow to ", ToAbsl(permission.action), " ",
        ToAbsl(permission.resource), " ", ToAbsl(permission.feed)));
  }
  user = claims->user;
  if (user.empty()) return NotAllowed("the token names no resource or user");
  if (!AllowsUser(user, permission)) return NoPolicy();
  return std::nullopt;
}

}  // namespace sluice::sandbox
