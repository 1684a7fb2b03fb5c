#include "plugins/disruptive/api_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "pipeline/http/excerpt.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/typed_json.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

constexpr char kPayload[] = "type.googleapis.com/sluice.disruptive.v1.ApiError";

absl::StatusCode CodeOf(int status) {
  switch (status) {
    case 400:
      return absl::StatusCode::kInvalidArgument;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAborted;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 408:
    case 425:
      return absl::StatusCode::kUnavailable;
    default:
      return status >= 500 ? absl::StatusCode::kUnavailable
                           : absl::StatusCode::kUnimplemented;
  }
}

}  // namespace

absl::Status StatusOfAnswer(const HttpResponse& response, absl::Time now) {
  absl::Status status(CodeOf(response.status),
                      absl::StrCat("the service answered ", response.status,
                                   " (", ErrorMessage(response.body), ")"));
  v1::ApiError error;
  // Takes "error" and "help" when they are texts; a body that is no JSON leaves
  // them empty.
  (void)FromJson(response.body, &error);
  error.set_http_status(response.status);
  error.set_body(Excerpt(response.body, 1000));
  const auto header = FindHeader(response.headers, "Retry-After");
  const auto wait =
      header.has_value() ? ParseRetryAfter(*header, now) : std::nullopt;
  if (wait.has_value()) {
    error.set_retry_after_seconds(absl::ToDoubleSeconds(*wait));
  }
  SetApiError(error, &status);
  return status;
}

std::optional<v1::ApiError> ApiErrorOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  v1::ApiError error;
  if (!payload.has_value() || !error.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return error;
}

void SetApiError(const v1::ApiError& error, absl::Status* status) {
  status->SetPayload(kPayload, absl::Cord(error.SerializeAsString()));
}

absl::Status ArgumentError(std::string_view name, std::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), ": ", ToAbsl(message)));
}

}  // namespace sluice::disruptive
