#include "plugins/disruptive/backoff.h"

#include <algorithm>

#include "absl/random/distributions.h"

namespace sluice::disruptive {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(500);

}  // namespace

absl::Duration RandomDuration(absl::BitGenRef* random, absl::Duration low,
                              absl::Duration high) {
  if (high <= low) return low;
  return low + absl::Nanoseconds(absl::Uniform<int64_t>(
                   absl::IntervalClosed, *random, 0,
                   absl::ToInt64Nanoseconds(high - low)));
}

absl::Duration Backoff::Next(absl::Duration floor) {
  const absl::Duration bound =
      failures_ == 0 ? std::min(kFirstWait, initial_) : bound_;
  if (failures_ > 0) bound_ = std::min(bound_ * 2, max_);
  ++failures_;
  return floor + RandomDuration(random_, absl::ZeroDuration(), bound);
}

void Backoff::Reset() {
  failures_ = 0;
  bound_ = initial_;
}

absl::Duration RefusalWait(absl::BitGenRef* random) {
  return RandomDuration(random, absl::Minutes(1), absl::Minutes(3));
}

}  // namespace sluice::disruptive
