// Where the services behind the feed API are.
#ifndef PLUGINS_FEED_CLIENT_FEED_ADDRESS_H_
#define PLUGINS_FEED_CLIENT_FEED_ADDRESS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "plugins/feed/client/feed_options.h"

namespace sluice::feed {

enum class FeedService { kApi, kAnalytics, kPersonalization };

// "api", "analytics", "personalization", as paths have them.
std::string_view FeedServiceName(FeedService service);

// Addresses with service and version, ending in "/".
struct FeedAddresses {
  std::string api;
  std::string analytics;
  std::string personalization;

  const std::string& of(FeedService service) const;
};

// The addresses for `options`:
//   neither            https://api.stream-io-api.com/api/v1.0/
//                      https://analytics.stream-io-api.com/analytics/v1.0/
//   location us-east   https://us-east-api.stream-io-api.com/api/v1.0/
//                      https://us-east.stream-io-api.com/analytics/v1.0/
//                      https://us-east-personalization.stream-io-api.com/...
//   base_url           http://127.0.0.1:8000 and http://127.0.0.1:8000/api/
//                      both give http://127.0.0.1:8000/api/v1.0/ and
//                      http://127.0.0.1:8000/analytics/v1.0/
// as in stream-python 5.3.1 stream/client/base.py, which puts the service
// before the host of a base_url, too ("api.127.0.0.1"), where we keep the host.
// A location that is a whole sub-domain of the API (ends in "-api", or
// "ca-central-1") is taken as such, as in stream-go2 8.9.0 url.go.
//   kInvalidArgument: a ConfigError at `location`, `base_url` or `version`.
absl::StatusOr<FeedAddresses> MakeFeedAddresses(
    const FeedClientOptions& options);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_ADDRESS_H_
