// A clock for tests of what expires.
#ifndef TESTS_CONTRACT_SETTABLE_CLOCK_H_
#define TESTS_CONTRACT_SETTABLE_CLOCK_H_

#include "absl/time/time.h"
#include "storage/base/clock.h"

namespace sluice {

// Stands still until it is moved. One thread moves it while nobody asks.
class SettableClock final : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  void Advance(absl::Duration duration) { now_ += duration; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace sluice

#endif  // TESTS_CONTRACT_SETTABLE_CLOCK_H_
