// The wire of Stream activity feeds, API v1.0: addresses, authentication,
// requests.
#ifndef PLUGINS_FEED_FEED_CLIENT_H_
#define PLUGINS_FEED_FEED_CLIENT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "plugins/feed/feed_name.h"
#include "plugins/feed/feed_reply.h"

namespace sluice::feed {

struct FeedClientOptions {
  std::string api_key;
  std::string api_secret;
  // Data centre, e.g. "us-east"; empty: the service picks.
  std::string location;
  // Instead of a location: another address.
  std::string base_url;
  // Authorities to trust; empty: the system's.
  std::string ca_file;
};

// The address of the API with its version, ending in "/":
//   neither            https://api.stream-io-api.com/api/v1.0/
//   location us-east   https://us-east-api.stream-io-api.com/api/v1.0/
//   base_url           http://127.0.0.1:8000 and http://127.0.0.1:8000/api/
//   both
//                      give http://127.0.0.1:8000/api/v1.0/
// as in stream-python 5.3.1 stream/client/base.py; a location that is a whole
// sub-domain (ends in "-api", or "ca-central-1") is taken as such, as in
// stream-go2 8.9.0 url.go.
//   kInvalidArgument: a ConfigError at `location` or `base_url`.
absl::StatusOr<std::string> ApiAddress(const FeedClientOptions& options);

// Adds activities. Of it and of what it sends only ReadReply() knows more.
//
// Thread-safety: none; used on the executor of its HttpClient.
class FeedClient {
 public:
  // A ConfigError at the option with the mistake.
  static absl::StatusOr<FeedClient> Create(FeedClientOptions options);

  // Whose rate limits its requests count for.
  std::string credential() const {
    return "feed " + address_ + " " + options_.api_key;
  }

  // Where requests go; both outlive the client.
  void Start(HttpClient* http, const Executor* executor) {
    http_ = http;
    executor_ = executor;
  }

  // Adds the `count` activities of `body`, {"activities":[..]}, to `feed` in
  // one request. `done` is called once, later, unless the returned call is
  // destroyed before.
  std::unique_ptr<HttpCall> AddActivities(
      const FeedName& feed, std::string body, size_t count,
      absl::Duration timeout, absl::AnyInvocable<void(FeedReply)> done);

 private:
  FeedClient(FeedClientOptions options, std::string address)
      : options_(std::move(options)), address_(std::move(address)) {}

  FeedClientOptions options_;
  std::string address_;
  HttpClient* http_ = nullptr;
  const Executor* executor_ = nullptr;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_FEED_CLIENT_H_
