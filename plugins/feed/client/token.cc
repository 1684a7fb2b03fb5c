#include "plugins/feed/client/token.h"

#include "absl/strings/str_cat.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

}  // namespace

std::string SignToken(std::string_view secret, const Claims& claims) {
  JsonObjectText json;
  const auto add = [&json](std::string_view name, const std::string& value) {
    if (!value.empty()) json.AddString(name, value);
  };
  add("action", claims.action);
  add("resource", claims.resource);
  add("feed_id", claims.feed_id);
  add("user_id", claims.user_id);
  return SignJwt(kHeader, json.text(), secret);
}

absl::StatusOr<std::string> SignUserToken(std::string_view secret,
                                          std::string_view user_id,
                                          std::string_view more_claims) {
  SLUICE_RETURN_IF_ERROR(CheckText("user_id", user_id));
  JsonObjectText json;
  json.AddString("user_id", user_id);
  if (!more_claims.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const JsonView claims,
                            ParseObject("more_claims", more_claims));
    for (const auto& [name, value] : claims.members()) {
      if (name == "user_id") {
        return ArgumentError("more_claims", "must not have a user_id itself");
      }
      json.Add(name, value.text());
    }
  }
  return SignJwt(kHeader, json.text(), secret);
}

std::string SignReadOnlyToken(std::string_view secret, const FeedName& feed) {
  return SignToken(
      secret, {.action = "read", .resource = "*", .feed_id = feed.together()});
}

std::string SignReadWriteToken(std::string_view secret, const FeedName& feed) {
  return SignToken(
      secret, {.action = "*", .resource = "*", .feed_id = feed.together()});
}

}  // namespace sluice::feed
