#include "plugins/disruptive/webhook/push_request.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "plugins/disruptive/webhook/push_signature.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

constexpr char kRetryAfterSeconds[] = "5";

// "application/json; charset=utf-8" is of type "application/json".
absl::string_view MediaType(std::string_view value) {
  return absl::StripAsciiWhitespace(ToAbsl(value.substr(0, value.find(';'))));
}

// The service's own pushes may go without the header: it is not documented.
bool IsJson(const HttpServerRequest& request) {
  const auto type = FindHeader(request.headers, "Content-Type");
  return !type.has_value() ||
         absl::EqualsIgnoreCase(MediaType(*type), "application/json");
}

bool IsEncoded(const HttpServerRequest& request) {
  const auto encoding = FindHeader(request.headers, "Content-Encoding");
  return encoding.has_value() &&
         !absl::EqualsIgnoreCase(ToAbsl(*encoding), "identity");
}

HttpResponse WithHeader(HttpResponse response, std::string name,
                        std::string value) {
  response.headers.emplace_back(std::move(name), std::move(value));
  return response;
}

// RFC 9110 wants a challenge in a 401.
HttpResponse Unauthorized(std::string_view why) {
  return WithHeader(PlainAnswer(401, why), "WWW-Authenticate",
                    std::string(kSignatureHeader));
}

}  // namespace

HttpResponse PlainAnswer(int status, std::string_view text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain"}},
          .body = absl::StrCat(ToAbsl(text), "\n")};
}

HttpResponse ComeAgain(std::string_view why) {
  return WithHeader(PlainAnswer(503, why), "Retry-After", kRetryAfterSeconds);
}

std::optional<HttpResponse> RefuseRequest(const WebhookSettings& settings,
                                          const HttpServerRequest& request,
                                          absl::Time now) {
  if (PercentDecode(request.path) != settings.path) {
    return PlainAnswer(404, "there is nothing here");
  }
  if (request.method != "POST") {
    return WithHeader(PlainAnswer(405, "events are pushed with POST"), "Allow",
                      "POST");
  }
  if (IsEncoded(request)) {
    return WithHeader(PlainAnswer(415, "the body must not be encoded"),
                      "Accept-Encoding", "identity");
  }
  if (!IsJson(request)) {
    return PlainAnswer(415, "the body must be application/json");
  }
  if (settings.secrets.empty()) return std::nullopt;
  const auto signature = FindHeader(request.headers, kSignatureHeader);
  if (!signature.has_value()) {
    return Unauthorized("the header X-Dt-Signature is missing");
  }
  const absl::Status status = CheckPushSignature(
      *signature, request.body, settings.secrets, now, settings.clock_leeway);
  if (status.ok()) return std::nullopt;
  return Unauthorized(absl::StrCat("X-Dt-Signature: ", status.message()));
}

}  // namespace sluice::disruptive
