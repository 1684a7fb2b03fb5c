// What answers of the Stream API tell of its rate limits, in their headers
// (stream-go2 8.9.0 types.go; RFC 9110 section 10.2.3).
#ifndef PLUGINS_FEED_CLIENT_RATE_HEADERS_H_
#define PLUGINS_FEED_CLIENT_RATE_HEADERS_H_

#include <optional>

#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "pipeline/rate/rate_budget.h"

namespace sluice::feed {

// `now` is the wall clock, used when the answer does not tell its own (Date),
// which goes first because the local one may be off.

// The window that X-RateLimit-* tell of; nullopt: they do not, or it is over.
std::optional<RateBudget::Report> ReadWindow(const HttpHeaders& headers,
                                             absl::Time now);

// How long to wait after a refusal: until the later of Retry-After and, when
// `use_window`, the end of the window; between one second and one hour.
// Nullopt: not told.
std::optional<absl::Duration> ReadWait(const HttpHeaders& headers,
                                       absl::Time now, bool use_window);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_RATE_HEADERS_H_
