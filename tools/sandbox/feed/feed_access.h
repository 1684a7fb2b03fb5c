// Who may do what at the emulated feed service: API key, tokens of servers and
// tokens of users.
//
// Facts: stream-python 5.3.1 stream/client/client.py, stream-js 8.14.0
// src/signing.ts, stream-go2 8.9.0 authenticator.go.
#ifndef TOOLS_SANDBOX_FEED_FEED_ACCESS_H_
#define TOOLS_SANDBOX_FEED_FEED_ACCESS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// What users may do with a token of their own; servers' tokens say it
// themselves.
enum class FeedUserRule {
  kNothing,
  kAnything,  // or the call looks for itself
  kReadFeed,  // feeds of the group `user`, and their own
  kOwnFeed,   // their own
};

// What a request is about to do.
struct FeedPermission {
  std::string_view resource;  // "feed", "follower", "activities", ...
  std::string_view action;    // "read", "write", "delete"
  FeedUserRule users = FeedUserRule::kNothing;
  std::string_view feed;  // "user:42"; empty: no single feed
};

// Whether a user may put something into a feed by `to` or a reaction: into
// their own feeds, and into anybody's notifications.
bool MayTarget(std::string_view user, std::string_view feed);

// Thread-safety: none.
class FeedAccess {
 public:
  FeedAccess(std::string api_key, std::string api_secret)
      : api_key_(std::move(api_key)), api_secret_(std::move(api_secret)) {}

  // The refusal, or nullopt. `user` becomes the user whose token it is; empty:
  // a server's.
  std::optional<HttpResponse> Check(std::string_view api_key,
                                    std::string_view token,
                                    const FeedPermission& permission,
                                    absl::Time now, std::string& user);

 private:
  // Each a list; "*" in it allows all.
  struct Claims {
    std::vector<std::string> resources;  // none: the token of a user
    std::vector<std::string> actions;
    std::vector<std::string> feeds;  // without colons
    std::string user;
    absl::Time expires = absl::InfiniteFuture();
  };

  // The claims of a token with a right signature, or the refusal. Remembers
  // tokens: clients use few, many times.
  const Claims* Verify(std::string_view token, HttpResponse& refusal);
  static bool AllowsServer(const Claims& claims,
                           const FeedPermission& permission);

  const std::string api_key_;
  const std::string api_secret_;
  absl::flat_hash_map<std::string, Claims> known_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ACCESS_H_
