#include "pipeline/runtime/backlog_forecast.h"

#include <algorithm>

namespace sluice {
namespace {

// Rates over less than this say little.
constexpr absl::Duration kFirstLook = absl::Seconds(5);
// Later than this is never, for all that is known now.
constexpr absl::Duration kFarthest = absl::Hours(24 * 365);

int64_t SecondOf(absl::Duration now) { return absl::ToInt64Seconds(now); }

}  // namespace

RateMeter::RateMeter(absl::Duration start) : start_(start) {}

void RateMeter::Note(absl::Duration now, uint64_t events) {
  const int64_t second = SecondOf(now);
  absl::MutexLock lock(&mu_);
  Slot& slot = slots_[second % slots_.size()];
  if (slot.second != second) slot = {second, 0};
  slot.events += events;
}

std::optional<double> RateMeter::PerSecond(absl::Duration now) const {
  if (now - start_ < kFirstLook) return std::nullopt;
  const int64_t first = SecondOf(now) - kWindowSeconds + 1;
  uint64_t events = 0;
  {
    absl::MutexLock lock(&mu_);
    for (const Slot& slot : slots_) {
      if (slot.second >= first) events += slot.events;
    }
  }
  const absl::Duration span =
      std::min(now - start_, now - absl::Seconds(first));
  return static_cast<double>(events) / absl::ToDoubleSeconds(span);
}

admin::v1::Backlog ForecastBacklog(const BacklogFacts& facts) {
  admin::v1::Backlog backlog;
  const double delivered = facts.delivered.value_or(0);
  const double taken_in = facts.taken_in.value_or(0);
  backlog.set_delivered_per_second(delivered);
  backlog.set_taken_in_per_second(taken_in);
  backlog.set_allowed_per_second(facts.allowed.value_or(0));
  if (facts.waiting == 0) {
    backlog.set_state(admin::v1::BACKLOG_NONE);
    return backlog;
  }
  if (!facts.delivered.has_value() || !facts.taken_in.has_value()) {
    backlog.set_state(admin::v1::BACKLOG_UNKNOWN);
    return backlog;
  }
  // Pauses within the time of measurement are part of the measured rate.
  const bool held_long =
      facts.allowed.has_value() &&
      (facts.held > RateMeter::kWindow ||
       (facts.held > absl::ZeroDuration() && delivered == 0));
  double rate = held_long ? *facts.allowed : delivered;
  if (facts.allowed.has_value()) rate = std::min(rate, *facts.allowed);
  if (rate <= 0) {
    backlog.set_state(admin::v1::BACKLOG_STALLED);
    return backlog;
  }
  const absl::Duration held = held_long ? facts.held : absl::ZeroDuration();
  const double events = static_cast<double>(facts.waiting) +
                        taken_in * absl::ToDoubleSeconds(held);
  const absl::Duration done_in =
      taken_in < rate ? held + absl::Seconds(events / (rate - taken_in))
                      : absl::InfiniteDuration();
  if (done_in > kFarthest) {
    backlog.set_state(admin::v1::BACKLOG_GROWS);
    return backlog;
  }
  backlog.set_state(admin::v1::BACKLOG_SHRINKS);
  // Whole seconds: it is a forecast.
  backlog.mutable_done_in()->set_seconds(
      absl::ToInt64Seconds(absl::Ceil(done_in, absl::Seconds(1))));
  return backlog;
}

}  // namespace sluice
