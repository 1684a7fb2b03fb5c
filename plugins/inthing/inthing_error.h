// The errors of inthing.io as absl::Status.
#ifndef PLUGINS_INTHING_INTHING_ERROR_H_
#define PLUGINS_INTHING_INTHING_ERROR_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "plugins/inthing/error.pb.h"

namespace sluice::inthing {

// Every error of the client carries a v1::Error. The classes are those of the
// official client (willmcgugan/inthing at 6364ceaa, inthing/errors.py), split
// where the caller does something else:
//
//   class           code                 what to do next
//   CONNECTIVITY    kUnavailable         try again; `maybe_stored` tells
//   whether
//                   kDeadlineExceeded    that may double the event
//                   kFailedPrecondition  certificate or URL: a person must act
//   BAD_RESPONSE    kUnknown             `maybe_stored`: look at the stream
//                   kUnavailable         HTTP 408, 425, 429, 503: try again
//                                        after `retry_after`
//                   kFailedPrecondition  any other HTTP status: the URL is not
//                                        the service's
//   EVENT_FAIL      kInvalidArgument     change the fields of `field_errors`
//   BAD_PASSWORD    kPermissionDenied    give the stream's password; an
//                                        unclaimed stream that was claimed has
//                                        a new one
//   UNKNOWN_STREAM  kNotFound            give another stream
//   RATE_LIMITED    kResourceExhausted   wait for `retry_after`
//   SERVER_ERROR    kAborted             try again, a few times at most
//   STREAM_ERROR    kFailedPrecondition  a JSON-RPC error: `rpc_code`
//   CONFIG          kInvalidArgument     correct the argument that is named
//   IO              kNotFound,           correct the file that is named
//                   kInvalidArgument, ...
//
// CONFIG and IO are found before anything is sent.
absl::Status MakeError(absl::StatusCode code, std::string message,
                       const v1::Error& error);
// The same without details.
absl::Status MakeError(absl::StatusCode code, std::string message,
                       v1::Error::Class error_class);

// What `status` carries; nullopt: it is no error of this client.
std::optional<v1::Error> ErrorOf(const absl::Status& status);

// CLASS_UNSPECIFIED when it carries none.
v1::Error::Class ErrorClassOf(const absl::Status& status);

// `status` as a CONFIG error; OK stays OK.
absl::Status AsConfigError(const absl::Status& status);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_INTHING_ERROR_H_
