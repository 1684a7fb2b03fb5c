#include "pipeline/api/http_result.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

DeliveryResult Misconfigured(std::string_view field, const std::string& why) {
  DeliveryResult result;
  result.misconfigured = absl::FailedPreconditionError(
      absl::StrCat(std::string(field), ": ", why));
  return result;
}

DeliveryResult OfFailure(const HttpFailure& failure,
                         const HttpResultFields& fields) {
  const std::string why(failure.status.message());
  if (absl::IsFailedPrecondition(failure.status)) {
    return Misconfigured(fields.certificates, why);
  }
  if (absl::IsInvalidArgument(failure.status)) {
    return Misconfigured(fields.url, why);
  }
  return DeliveryResult::All(failure.maybe_sent ? Outcome::Unknown(why)
                                                : Outcome::Retry(why));
}

DeliveryResult Later(const HttpResponse& response, const std::string& answer,
                     absl::Time now) {
  DeliveryResult result = DeliveryResult::All(Outcome::Retry(answer));
  if (const auto after = FindHeader(response.headers, "Retry-After")) {
    result.retry_after = ParseRetryAfter(*after, now);
  }
  return result;
}

}  // namespace

DeliveryResult HttpDeliveryResult(const HttpResponse& response,
                                  const HttpFailure& failure, absl::Time now,
                                  const HttpResultFields& fields) {
  if (!failure.status.ok()) return OfFailure(failure, fields);
  const std::string answer =
      absl::StrCat("the service answered ", response.status);
  switch (response.status) {
    case 401:
    case 403:
    case 407:
      return Misconfigured(fields.credentials, answer);
    case 404:
    case 405:
    case 410:
      return Misconfigured(fields.url, answer);
    case 408:
    case 425:
    case 429:
    case 503:
      return Later(response, answer, now);
    case 413:
      return DeliveryResult::All(Outcome::Rejected("too_large", answer));
    default:
      break;
  }
  switch (response.status / 100) {
    case 2:
      return DeliveryResult::All(Outcome::Delivered());
    case 3:
      return Misconfigured(fields.url, answer);
    case 5:
      return DeliveryResult::All(Outcome::Unknown(answer));
    default:
      return DeliveryResult::All(Outcome::Rejected("refused", answer));
  }
}

}  // namespace sluice
