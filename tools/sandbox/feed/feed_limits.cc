#include "tools/sandbox/feed/feed_limits.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::sandbox {
namespace {

constexpr int64_t kSpans[] = {60, 900, 3600};  // seconds

// Calls per window, by FeedCallKind. The service names none for reactions and
// the rest, and forbids unfollowing many on its free plan.
constexpr int64_t kLimits[kFeedCallKinds][3] = {
    {1000, 12'000, 48'000},   // add
    {300, 3'600, 14'400},     // remove
    {250, 3'000, 12'000},     // update
    {250, 3'000, 12'000},     // update targets
    {2000, 24'000, 96'000},   // read
    {500, 6'000, 24'000},     // follow
    {250, 3'000, 12'000},     // unfollow
    {200, 2'400, 9'600},      // read followers
    {500, 6'000, 24'000},     // read following
    {250, 3'000, 12'000},     // follow many
    {250, 3'000, 12'000},     // unfollow many
    {1000, 10'000, 100'000},  // reaction
    {1000, 10'000, 100'000},  // object
    {250, 3'000, 12'000},     // objects
    {1000, 10'000, 100'000},  // other
};

}  // namespace

int64_t FeedLimits::Limit(FeedCallKind kind, size_t window) const {
  const auto limit =
      static_cast<double>(kLimits[static_cast<size_t>(kind)][window]);
  return std::max<int64_t>(1, static_cast<int64_t>(limit * factor_));
}

FeedLimits::Window FeedLimits::At(FeedCallKind kind, size_t window,
                                  int64_t now) const {
  const Window& kept = windows_[static_cast<size_t>(kind)][window];
  const int64_t start = now / kSpans[window] * kSpans[window];
  return kept.start == start ? kept : Window{start, 0};
}

bool FeedLimits::Count(FeedCallKind kind, absl::Time now) {
  if (!enabled_) return true;
  const int64_t seconds = absl::ToUnixSeconds(now);
  bool allowed = true;
  for (size_t i = 0; i < kWindows; ++i) {
    Window& window = windows_[static_cast<size_t>(kind)][i];
    window = At(kind, i, seconds);
    if (window.used >= Limit(kind, i)) allowed = false;
  }
  if (!allowed) return false;
  for (Window& window : windows_[static_cast<size_t>(kind)]) ++window.used;
  return true;
}

void FeedLimits::AppendHeaders(FeedCallKind kind, absl::Time now,
                               HttpHeaders& headers) const {
  const int64_t seconds = absl::ToUnixSeconds(now);
  size_t tightest = 0;
  int64_t left = Limit(kind, 0);
  for (size_t i = 0; i < kWindows && enabled_; ++i) {
    const int64_t rest = Limit(kind, i) - At(kind, i, seconds).used;
    if (i == 0 || rest < left) {
      tightest = i;
      left = rest;
    }
  }
  const int64_t end = At(kind, tightest, seconds).start + kSpans[tightest];
  headers.emplace_back("X-RateLimit-Limit",
                       absl::StrCat(Limit(kind, tightest)));
  headers.emplace_back("X-RateLimit-Remaining", absl::StrCat(left));
  headers.emplace_back("X-RateLimit-Reset", absl::StrCat(end));
}

}  // namespace sluice::sandbox
