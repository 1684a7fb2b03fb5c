// The wall clock as a seam, for code that stamps or expires records.
#ifndef STORAGE_BASE_CLOCK_H_
#define STORAGE_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace sluice {

// Tells the time of day. May jump. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The system's clock. Never destroyed.
  static Clock* Real();
};

}  // namespace sluice

#endif  // STORAGE_BASE_CLOCK_H_
