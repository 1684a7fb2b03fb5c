#include "plugins/inthing/pace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::inthing {
namespace {

// Forgives the rounding of a sum of fractions.
constexpr double kEpsilon = 1e-6;

}  // namespace

PaceLimits PaceLimits::Share(double share) const {
  PaceLimits limits = *this;
  limits.burst = std::max(1.0, burst * share);
  limits.interval = interval / share;
  limits.reserve = std::min(reserve, limits.burst - 1);
  return limits;
}

Pace::Pace(PaceLimits limits)
    : limits_(limits), tokens_(std::max(1.0, limits.burst / 2)) {}

absl::Duration Pace::Wait(absl::Duration now, bool urgent) {
  absl::MutexLock lock(&mu_);
  if (now < blocked_until_) return blocked_until_ - now;
  Refill(now);
  const double needed = urgent ? 1 : 1 + limits_.reserve;
  if (tokens_ + kEpsilon >= needed) return absl::ZeroDuration();
  return (needed - tokens_) * limits_.interval;
}

void Pace::Take(absl::Duration now) {
  absl::MutexLock lock(&mu_);
  Refill(now);
  tokens_ -= 1;
}

void Pace::Block(absl::Duration until) {
  absl::MutexLock lock(&mu_);
  blocked_until_ = std::max(blocked_until_, until);
  at_ = std::max(at_, until);
  // One to go on with, for events of any kind.
  tokens_ = 1 + limits_.reserve;
}

void Pace::SetLimits(PaceLimits limits) {
  absl::MutexLock lock(&mu_);
  limits_ = limits;
  tokens_ = std::min(tokens_, limits.burst);
}

void Pace::Refill(absl::Duration now) {
  if (at_ != -absl::InfiniteDuration() && now > at_) {
    tokens_ =
        std::min(limits_.burst,
                 tokens_ + absl::FDivDuration(now - at_, limits_.interval));
  }
  at_ = std::max(at_, now);
}

std::shared_ptr<Pace> PaceTable::Get(const std::string& base_url,
                                     const std::string& stream,
                                     PaceLimits limits) {
  absl::MutexLock lock(&mu_);
  std::weak_ptr<Pace>& held = paces_[absl::StrCat(base_url, " ", stream)];
  std::shared_ptr<Pace> pace = held.lock();
  if (pace == nullptr) {
    pace = std::make_shared<Pace>(limits);
    held = pace;
  } else {
    pace->SetLimits(limits);
  }
  return pace;
}

}  // namespace sluice::inthing
