#include "pipeline/rate/rate_bucket.h"

#include <algorithm>

#include "glog/logging.h"

namespace sluice {
namespace {

// Forgives the rounding of a sum of fractions.
constexpr double kEpsilon = 1e-6;

}  // namespace

RateLimits RateLimits::Within(const std::vector<RateWindow>& windows,
                              double burst, double reserve) {
  absl::Duration interval;
  for (const RateWindow& window : windows) {
    const double rest = static_cast<double>(window.max) - burst;
    CHECK_GT(rest, 0) << "a burst has to leave something of each window";
    interval = std::max(interval, window.span / rest);
  }
  return {.burst = burst, .interval = interval, .reserve = reserve};
}

RateLimits RateLimits::Part(double part) const {
  RateLimits limits = *this;
  limits.burst = std::max(1.0, burst * part);
  limits.interval = interval / part;
  limits.reserve = std::min(reserve, limits.burst - 1);
  return limits;
}

RateLimits RateLimits::TightenedBy(const RateLimits& other) const {
  const double least_burst = std::min(burst, other.burst);
  return {
      .burst = least_burst,
      .interval = std::max(interval, other.interval),
      .reserve = std::min(std::max(reserve, other.reserve), least_burst - 1)};
}

RateBucket::RateBucket(RateLimits limits)
    : limits_(limits), tokens_(std::max(1.0, limits.burst / 2)) {}

absl::Duration RateBucket::Wait(absl::Duration now, bool urgent) {
  if (now < blocked_until_) return blocked_until_ - now;
  Refill(now);
  const double needed = urgent ? 1 : 1 + limits_.reserve;
  if (tokens_ + kEpsilon >= needed) return absl::ZeroDuration();
  return (needed - tokens_) * limits_.interval;
}

void RateBucket::Take(absl::Duration now) {
  Refill(now);
  tokens_ -= 1;
}

void RateBucket::Block(absl::Duration until) {
  blocked_until_ = std::max(blocked_until_, until);
  at_ = std::max(at_, until);
  tokens_ = 1 + limits_.reserve;
}

void RateBucket::SetLimits(RateLimits limits) {
  limits_ = limits;
  tokens_ = std::min(tokens_, limits.burst);
}

void RateBucket::Refill(absl::Duration now) {
  if (at_ != -absl::InfiniteDuration() && now > at_) {
    tokens_ =
        std::min(limits_.burst,
                 tokens_ + absl::FDivDuration(now - at_, limits_.interval));
  }
  at_ = std::max(at_, now);
}

}  // namespace sluice
