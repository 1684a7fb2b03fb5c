// Who may do what at the emulated feed service: API key and tokens.
//
// Facts: stream-python 5.3.1 stream/client/client.py, stream-js 8.14.0
// src/signing.ts, stream-go2 8.9.0 authenticator.go.
#ifndef TOOLS_SANDBOX_FEED_FEED_ACCESS_H_
#define TOOLS_SANDBOX_FEED_FEED_ACCESS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"

namespace sluice::sandbox {

// An answer as the API gives it: {"detail": .., "status_code": .., "code": ..,
// "exception": ..}. `exception_fields` is JSON; empty: left out.
HttpResponse FeedError(int status, int code, std::string_view exception,
                       std::string_view detail,
                       std::string_view exception_fields = {});

// What a request is about to do.
struct FeedPermission {
  std::string_view resource;  // "feed", "follower", "activities", ...
  std::string_view action;    // "read", "write", "delete"
  std::string feed;           // "user:42"; empty: no single feed
};

// Checks keys and server tokens (those with a `resource`). Tokens of single
// users are refused: the emulated application gives users no permissions.
class FeedAccess {
 public:
  FeedAccess(std::string api_key, std::string api_secret)
      : api_key_(std::move(api_key)), api_secret_(std::move(api_secret)) {}

  // The refusal, or nullopt.
  std::optional<HttpResponse> Check(const HttpServerRequest& request,
                                    const FeedPermission& permission,
                                    absl::Time now);

  const std::string& api_key() const { return api_key_; }
  const std::string& api_secret() const { return api_secret_; }

 private:
  // Each a list; "*" in it allows all.
  struct Claims {
    std::vector<std::string> resources;
    std::vector<std::string> actions;
    std::vector<std::string> feeds;  // without colons
    absl::Time expires = absl::InfiniteFuture();
  };

  // The claims of a token with a right signature, or the refusal. Remembers
  // tokens: clients use few, many times.
  const Claims* Verify(std::string_view token, HttpResponse& refusal);

  const std::string api_key_;
  const std::string api_secret_;
  absl::flat_hash_map<std::string, Claims> known_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ACCESS_H_
