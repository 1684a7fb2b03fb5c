// What the Stream API answers, in words the sink can act on.
#ifndef PLUGINS_FEED_FEED_REPLY_H_
#define PLUGINS_FEED_FEED_REPLY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "pipeline/rate/rate_budget.h"

namespace sluice::feed {

// The answer to one request that adds activities.
//
// Sources: stream-python 5.3.1 stream/exceptions.py, the documentation page
// "API error responses" (https://getstream.io/activity-feeds/docs/python/
// api_error_responses/), stream-ruby 6.0.0 lib/stream/client.rb. Codes are
// those of the member `code` of an error.
struct FeedReply {
  enum class Verdict {
    // 2xx: the service has all of them.
    kStored,
    // 400 with any other code than those below, 409, 422: an activity cannot be
    // taken, and the answer need not say which. Status kInvalidArgument.
    kRefusedData,
    // 413: the request, or its one activity, is too large. kOutOfRange.
    kTooLarge,
    // 429, code 9: a rate limit. kResourceExhausted.
    kThrottled,
    // The service refuses the sink, and `status` names the field to look at.
    //   401  code 2: api_key, 3: api_secret, 7: the app is suspended.
    //        kUnauthenticated
    //   403  code 17, wrong signature or not allowed: api_secret.
    //        kPermissionDenied
    //   400  code 6, 14: the feed's group is not configured (right): feed.
    //        kFailedPrecondition
    //   404, 405, 3xx, other 4xx: no such API there: base_url. kNotFound
    //   a certificate that is not trusted: ca_file. kFailedPrecondition
    //   a URL that cannot be used: base_url. kInvalidArgument
    kMisconfigured,
    // 408, 503, or no byte was sent: surely not stored. kUnavailable
    kNotTaken,
    // No answer, an answer that is not the API's, 502, 504 and other 5xx: it
    // may be stored. kUnknown
    kUnknown,
    // 500: the service failed over it, perhaps because of one activity.
    // kInternal
    kServerError,
  };

  Verdict verdict = Verdict::kUnknown;
  // OK when stored. The message is for a person and holds no secret.
  absl::Status status;
  // After a refusal, no further request before this much time has passed: told
  // by X-RateLimit-Reset or Retry-After, here between one second and one hour;
  // nullopt: not told.
  std::optional<absl::Duration> wait;
  // What X-RateLimit-* tell, whatever the verdict.
  std::optional<RateBudget::Report> window;
  // kRefusedData: positions of activities that the answer holds something
  // against; often empty. A hint: the format is not documented for batches.
  std::vector<size_t> culprits;
};

// Reads an answer, or its absence, to a request with `sent` activities. `now`
// is the wall clock, used when the answer does not tell its own.
FeedReply ReadReply(const HttpResponse& response, const HttpFailure& failure,
                    size_t sent, absl::Time now);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_FEED_REPLY_H_
