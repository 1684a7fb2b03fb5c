// How many requests may go out when.
#ifndef PLUGINS_DISRUPTIVE_RATE_BUDGET_H_
#define PLUGINS_DISRUPTIVE_RATE_BUDGET_H_

#include "absl/time/time.h"

namespace sluice::disruptive {

// A token bucket. Times are monotonic (Executor::MonotonicNow()).
class RateBudget {
 public:
  // REQUIRES: per_second > 0, burst >= 1.
  RateBudget(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Takes one request out of the budget. Zero: it may go now. Otherwise nothing
  // is taken, and this is how long to wait before asking again.
  absl::Duration Take(absl::Duration now);

  // Nothing may go before `until` (the other side said so).
  void BlockUntil(absl::Duration until);

 private:
  double per_second_;
  double burst_;
  double tokens_;
  absl::Duration last_ = -absl::InfiniteDuration();
  absl::Duration blocked_until_ = -absl::InfiniteDuration();
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_RATE_BUDGET_H_
