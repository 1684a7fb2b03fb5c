// Waits between attempts.
#ifndef PLUGINS_DISRUPTIVE_BACKOFF_H_
#define PLUGINS_DISRUPTIVE_BACKOFF_H_

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"

namespace sluice::disruptive {

// Exponential backoff with full jitter: the first retry comes almost at once
// (within half a second), then each wait is random between zero and a bound
// that doubles from `initial` to `max`.
class Backoff {
 public:
  Backoff(absl::Duration initial, absl::Duration max, absl::BitGenRef* random)
      : initial_(initial), max_(max), bound_(initial), random_(random) {}

  // The wait before the next attempt; `floor` is what the other side asked for,
  // and is never undercut.
  absl::Duration Next(absl::Duration floor = absl::ZeroDuration());
  // The last attempt worked.
  void Reset();
  // Next() calls since the last Reset().
  int failures() const { return failures_; }

 private:
  absl::Duration initial_;
  absl::Duration max_;
  absl::Duration bound_;
  int failures_ = 0;
  absl::BitGenRef* random_;
};

// Random between `low` and `high`.
absl::Duration RandomDuration(absl::BitGenRef* random, absl::Duration low,
                              absl::Duration high);

// The wait before asking again after a refusal that needs a person: minutes,
// so that a wrong credential never becomes a hot loop.
absl::Duration RefusalWait(absl::BitGenRef* random);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_BACKOFF_H_
