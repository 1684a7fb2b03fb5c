#include "plugins/disruptive/webhook/push_request.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pipeline/http/http_answer.h"
#include "plugins/disruptive/webhook/push_signature.h"

namespace sluice::disruptive {
namespace {

// The service's own pushes may go without the header: it is not documented.
bool IsJson(const HttpServerRequest& request) {
  return !FindHeader(request.headers, "Content-Type").has_value() ||
         MediaType(request) == "application/json";
}

// RFC 9110 wants a challenge in a 401.
HttpResponse Unauthorized(std::string_view why) {
  return WithHeader(PlainAnswer(401, why), "WWW-Authenticate",
                    std::string(kSignatureHeader));
}

}  // namespace

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
