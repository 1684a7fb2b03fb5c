// How long to wait before the next try.
#ifndef PIPELINE_RUNTIME_BACKOFF_H_
#define PIPELINE_RUNTIME_BACKOFF_H_

#include <cstdint>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"

namespace sluice {

// Exponential backoff with full jitter: the wait after n failures is random
// between zero and min(max, initial * 2^(n-1)).
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
class Backoff {
 public:
  Backoff(absl::Duration initial, absl::Duration max)
      : initial_(initial), max_(max) {}

  // Counts a failure and draws the wait.
  absl::Duration Next(absl::BitGenRef random);
  // A success: the next failure is the first again.
  void Reset() { failures_ = 0; }

  uint32_t failures() const { return failures_; }

 private:
  absl::Duration initial_;
  absl::Duration max_;
  uint32_t failures_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_BACKOFF_H_
