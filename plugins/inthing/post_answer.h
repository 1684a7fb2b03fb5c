// What the service says to a post.
#ifndef PLUGINS_INTHING_POST_ANSWER_H_
#define PLUGINS_INTHING_POST_ANSWER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice::inthing {

// What came of a post.
struct PostAnswer {
  enum class Kind {
    // The stream has the event: event_url, event_id.
    kOk,
    // The service does not take it as it is: field_errors.
    kFail,
    // Too fast: retry_after.
    kRateLimited,
    // Something broke inside the service; it may or may not have the event.
    kServerError,
    // An HTTP status of something before the service: http_status.
    kRefused,
    // No byte of the request reached the service.
    kUnreachable,
    // It may have reached the service; no answer that can be understood came.
    kLost,
    // The connection cannot be made before a person acts (certificate, URL).
    kMisconfigured,
  };

  Kind kind = Kind::kLost;
  // For a person. Never holds the password.
  std::string message;
  std::string event_id;
  std::string event_url;
  // Field name and the service's words about it.
  std::vector<std::pair<std::string, std::string>> field_errors;
  int http_status = 0;
  // Why no answer came; kOk: one came.
  absl::StatusCode transport = absl::StatusCode::kOk;
  // kRateLimited: estimated from the service's message, or what Retry-After
  // says. kRefused: Retry-After.
  std::optional<absl::Duration> retry_after;
  // kRateLimited: the message is about unclaimed streams.
  bool is_unclaimed_limit = false;

  // The error of `field`, or null.
  const std::string* FieldError(const std::string& field) const;
};

// Understands the answer to a post. `now` is the wall clock, against which the
// server's Date is held.
PostAnswer ReadPostAnswer(const HttpResponse& response, absl::Time now);

// How long until the rate limit window ends that `message` tells of, seen from
// `server_time`: fixed windows begin at multiples of their span. At least a
// minute's window is assumed.
absl::Duration RateLimitWait(const std::string& message,
                             absl::Time server_time);

// The same for a request without an answer.
PostAnswer ReadPostFailure(const HttpFailure& failure);

// An event that the stream has.
struct PostedEvent {
  std::string id;
  // Its page.
  std::string url;
};

// `answer` for callers who want the event or one error; inthing_error.h has the
// table of errors.
absl::StatusOr<PostedEvent> ToPostedEvent(const PostAnswer& answer);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_POST_ANSWER_H_
