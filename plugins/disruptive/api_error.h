// Error answers of the REST API.
#ifndef PLUGINS_DISRUPTIVE_API_ERROR_H_
#define PLUGINS_DISRUPTIVE_API_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "proto/disruptive/v1/account.pb.h"

namespace sluice::disruptive {

// An answer that is not 200 as a status with an ApiError as its payload:
//
//   400  kInvalidArgument    path, query or body are not understood
//   401  kUnauthenticated    the token or key is refused
//   403  kPermissionDenied   no access, or the role is too low
//   404  kNotFound           for .../devices:verb it is the project that is not
//   409  kAborted            it exists, or was changed meanwhile: read it again
//   429  kResourceExhausted  over 25 requests in 5 s; wait as the payload says
//   408, 425, 5xx  kUnavailable    it may pass by itself
//   else kUnimplemented      an answer that is not documented
//
// Source: https://docs.developer.disruptive-technologies.com/error-codes.
// `now`: for a Retry-After that is a date.
absl::Status StatusOfAnswer(const HttpResponse& response, absl::Time now);

// The payload; nullopt: `status` does not come from an answer of the service or
// from a lost connection to it (from a wrong argument, say).
std::optional<v1::ApiError> ApiErrorOf(const absl::Status& status);
void SetApiError(const v1::ApiError& error, absl::Status* status);

// A call's argument cannot be: kInvalidArgument, "name: what is wrong". Found
// before anything is sent.
absl::Status ArgumentError(std::string_view name, std::string_view message);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_API_ERROR_H_
