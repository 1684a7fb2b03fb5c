// How often each kind of call is allowed at the emulated feed service.
//
// Facts: https://getstream.io/activity-feeds/docs/ "Rate limit".
#ifndef TOOLS_SANDBOX_FEED_FEED_LIMITS_H_
#define TOOLS_SANDBOX_FEED_FEED_LIMITS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// Kinds of calls that are counted apart.
enum class FeedCallKind {
  kAdd,
  kRemove,
  kUpdate,
  kUpdateTargets,
  kRead,
  kFollow,
  kUnfollow,
  kReadFollowers,
  kReadFollowing,
  kFollowMany,
  kUnfollowMany,
  kReaction,
  kObject,      // users and objects of collections, one at a time
  kObjectMany,  // objects of collections, several at once
  kOther,
};
inline constexpr size_t kFeedCallKinds = 15;

// Three windows at once: 1 minute, 15 minutes, 1 hour, each starting at a
// multiple of its span. Switched off, it lets everything pass and its headers
// tell of windows that never fill.
class FeedLimits {
 public:
  // `factor` is applied to each limit.
  FeedLimits(bool enabled, double factor)
      : enabled_(enabled), factor_(factor) {}

  // Counts a call. False: one window is full.
  bool Count(FeedCallKind kind, absl::Time now);

  // X-RateLimit-Limit, -Remaining and -Reset of the tightest window.
  void AppendHeaders(FeedCallKind kind, absl::Time now,
                     HttpHeaders& headers) const;

 private:
  static constexpr size_t kWindows = 3;
  struct Window {
    int64_t start = -1;
    int64_t used = 0;
  };
  int64_t Limit(FeedCallKind kind, size_t window) const;
  // As it stands at `now`.
  Window At(FeedCallKind kind, size_t window, int64_t now) const;

  const bool enabled_;
  const double factor_;
  std::array<std::array<Window, kWindows>, kFeedCallKinds> windows_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_LIMITS_H_
