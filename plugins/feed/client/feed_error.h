// Errors of the Stream API as absl::Status.
#ifndef PLUGINS_FEED_CLIENT_FEED_ERROR_H_
#define PLUGINS_FEED_CLIENT_FEED_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "plugins/feed/client/error.pb.h"

namespace sluice::feed {

// What a call can end with. Those with a * carry a v1::FeedError.
//
//   code          when                                     what to do
//   kInvalidArgument   no payload: an argument cannot be;  change the call
//                      nothing was sent
//   kInvalidArgument * 400 code 4, 5, 8, 10, 15 and other  change the data
//                      400; 422
//   kFailedPrecondition * 400 code 6, 11, 12, 14: the      see to the
//                      group, ranking or format is not     dashboard
//                      configured (rightly)
//   kFailedPrecondition * 3xx or 4xx that is no answer of  see to base_url
//                      the API; the certificate is not     or ca_file
//                      trusted; the address is no URL
//   kUnauthenticated * 401 code 2: api_key, 3: api_secret, see to the
//                      7: the app is suspended             credentials
//   kPermissionDenied * 403 code 17: wrong signature, or   see to the secret
//                      the token may not do this
//   kUnimplemented *   405: no such call                   report a mistake
//   kNotFound *        404 code 16, 400 code 13: the       nothing, or create
//                      activity, reaction, ... is unknown  it
//   kAlreadyExists *   409 code 22                         nothing
//   kOutOfRange *      413 code 18: what was sent is too   send less
//                      large
//   kResourceExhausted * 429 code 9: a rate limit          wait retry_after
//   kInternal *        500 code -1                         try again, then
//                                                          suspect the data
//   kUnavailable *     408, 502, 503, 504; no connection,  try again
//                      or it broke
//   kDeadlineExceeded * no answer in time                  try again
//   kUnknown *         an answer that cannot be read       look what is there
//
// Sources: stream-python 5.3.1 stream/exceptions.py, stream-ruby 6.0.0
// lib/stream/client.rb, and the documentation page "API error responses"
// (https://getstream.io/activity-feeds/docs/python/api_error_responses/).

// The payload of a status; nullopt: it has none.
std::optional<v1::FeedError> FeedErrorOf(const absl::Status& status);

// Reads the body of an error, {"detail":..,"status_code":400,"code":4,
// "exception":..,"exception_fields":..}. Nullopt: it is none. Texts and fields
// beyond what a person reads are cut off.
std::optional<v1::FeedError> ReadErrorBody(std::string_view body);

// "the service answered 400, code 4, InputException: Errors for fields 'actor';
// actor: this field is required"
std::string DescribeError(const v1::FeedError& error);

// OK for a 2xx, else the error of an answer. `now` is the wall clock.
absl::Status AnswerStatus(const HttpResponse& response, absl::Time now);

// The error of a call that got no answer. `failure` is one.
absl::Status FailureStatus(const HttpFailure& failure);

// The error of a 2xx answer that is not what the call should get.
absl::Status UnreadableAnswer(int http_status, std::string_view what);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_ERROR_H_
