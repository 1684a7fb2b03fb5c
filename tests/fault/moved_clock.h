// A wall clock that a test moves under a running process.
#ifndef TESTS_FAULT_MOVED_CLOCK_H_
#define TESTS_FAULT_MOVED_CLOCK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice::fault {

// Children started with environment() see the wall clock moved; their monotonic
// clock goes on as ever. By libfaketime.
class MovedClock {
 public:
  // `path`: a file that tells the children how far.
  explicit MovedClock(std::string path);

  // Whether libfaketime is installed. Without it nothing moves.
  static bool Available();

  // Within a second, running children see the true time plus `offset`.
  void Move(absl::Duration offset);

  // NAME=value, for a child.
  std::vector<std::string> environment() const;

 private:
  const std::string path_;
};

}  // namespace sluice::fault

#endif  // TESTS_FAULT_MOVED_CLOCK_H_
