// What the answer to an HTTP request means for the events that were in it.
#ifndef PIPELINE_API_HTTP_RESULT_H_
#define PIPELINE_API_HTTP_RESULT_H_

#include <string_view>

#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/http/http_client.h"

namespace sluice {

// Fields of the sink's configuration that are to blame when the service refuses
// the sink itself.
struct HttpResultFields {
  std::string_view url = "url";
  std::string_view credentials = "token";
  // For a server whose certificate is not trusted.
  std::string_view certificates = "url";
};

// For a request that brings events to the one URL of a sink; `response` and
// `failure` are what HttpClient::Fetch() gave. The result has one outcome, for
// all events of the request:
//
//   2xx                       kDelivered
//   408, 425, 429, 503        kRetry, with Retry-After as retry_after
//   other 5xx                 kUnknown: it may have come to harm behind the
//                             server that answers
//   no or half an answer      kUnknown if it may have been sent, else kRetry
//   401, 403, 407             misconfigured, blames fields.credentials
//   3xx, 404, 405, 410        misconfigured, blames fields.url; so does a URL
//                             or header that cannot be sent
//   certificate refused       misconfigured, blames fields.certificates
//   413                       kRejected, "too_large"
//   other 4xx, 1xx            kRejected, "refused"
//
// Check what goes from an event into a header or the URL before: a line end in
// it is taken for a mistake of the configuration. `now` is the executor's.
DeliveryResult HttpDeliveryResult(const HttpResponse& response,
                                  const HttpFailure& failure, absl::Time now,
                                  const HttpResultFields& fields = {});

}  // namespace sluice

#endif  // PIPELINE_API_HTTP_RESULT_H_
