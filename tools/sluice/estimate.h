// How long something still takes.
#ifndef TOOLS_SLUICE_ESTIMATE_H_
#define TOOLS_SLUICE_ESTIMATE_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace sluice {

// In one unit that leaves at least 2, so that nobody takes it for exact: "90
// s", "3 min".
std::string About(absl::Duration duration);

// Of work that goes on as it went so far.
class Estimate {
 public:
  explicit Estimate(absl::Time start) : start_(start) {}

  // ", about 3 min left" when `done` of `total` are done; "" when nobody knows
  // yet, and at the end.
  std::string Left(uint64_t done, uint64_t total, absl::Time now) const;

 private:
  const absl::Time start_;
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_ESTIMATE_H_
