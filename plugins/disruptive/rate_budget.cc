#include "plugins/disruptive/rate_budget.h"

#include <algorithm>

namespace sluice::disruptive {

absl::Duration RateBudget::Take(absl::Duration now) {
  if (now < blocked_until_) return blocked_until_ - now;
  if (last_ > -absl::InfiniteDuration() && now > last_) {
    tokens_ = std::min(
        burst_, tokens_ + absl::ToDoubleSeconds(now - last_) * per_second_);
  }
  last_ = now;
  if (tokens_ >= 1) {
    tokens_ -= 1;
    return absl::ZeroDuration();
  }
  // Rounded up, so that asking again then succeeds.
  return absl::Seconds((1 - tokens_) / per_second_) + absl::Milliseconds(1);
}

void RateBudget::BlockUntil(absl::Duration until) {
  blocked_until_ = std::max(blocked_until_, until);
  // After a refusal the other side's bucket is empty, so ours is too.
  tokens_ = std::min(tokens_, 1.0);
}

}  // namespace sluice::disruptive
