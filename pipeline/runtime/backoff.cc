#include "pipeline/runtime/backoff.h"

#include <algorithm>

#include "absl/random/distributions.h"

namespace sluice {

absl::Duration Backoff::Next(absl::BitGenRef random) {
  ++failures_;
  absl::Duration bound = initial_;
  for (uint32_t i = 1; i < failures_ && bound < max_; ++i) bound *= 2;
  bound = std::min(bound, max_);
  return bound * absl::Uniform(random, 0.0, 1.0);
}

}  // namespace sluice
