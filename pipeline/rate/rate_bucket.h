// Limits that are known before a service tells of any, and how to keep them.
#ifndef PIPELINE_RATE_RATE_BUCKET_H_
#define PIPELINE_RATE_RATE_BUCKET_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace sluice {

// A window in which a service counts requests.
struct RateWindow {
  int64_t max = 0;
  absl::Duration span;
};

// `burst` requests at once after a pause, then one per `interval`: in any span
// T at most burst + T / interval.
struct RateLimits {
  double burst = 1;
  absl::Duration interval;
  // Of the burst, what only urgent requests may take.
  double reserve = 0;

  // The shortest interval that stays within each of `windows`, however they
  // lie, after a burst below the maximum of each.
  static RateLimits Within(const std::vector<RateWindow>& windows, double burst,
                           double reserve = 0);

  // A part of these limits, above 0 and up to 1; a burst of at least one
  // request remains.
  RateLimits Part(double part) const;
  // What keeps both these limits and `other`.
  RateLimits TightenedBy(const RateLimits& other) const;
};

// A token bucket. Not thread-safe; times are of a monotonic clock.
class RateBucket {
 public:
  // Begins with half the burst: a process that ran before may have used the
  // rest.
  explicit RateBucket(RateLimits limits);

  // How long until a request may go out; zero: now.
  absl::Duration Wait(absl::Duration now, bool urgent);
  // Counts a request that goes out now.
  void Take(absl::Duration now);
  // None goes out before `until`, and no burst after it: one request of any
  // kind, then one per interval.
  void Block(absl::Duration until);
  void SetLimits(RateLimits limits);

  const RateLimits& limits() const { return limits_; }

 private:
  void Refill(absl::Duration now);

  RateLimits limits_;
  double tokens_;
  // When tokens_ was right; unset before the first use.
  absl::Duration at_ = -absl::InfiniteDuration();
  absl::Duration blocked_until_ = -absl::InfiniteDuration();
};

}  // namespace sluice

#endif  // PIPELINE_RATE_RATE_BUCKET_H_
