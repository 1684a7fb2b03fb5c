// When a process is killed.
#ifndef TESTS_FAULT_KILL_PLAN_H_
#define TESTS_FAULT_KILL_PLAN_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/sluice_process.h"

namespace sluice::fault {

// A moment in the life of a process.
struct KillMoment {
  enum class Since {
    kStart,    // of the process: while it opens its log
    kReady,    // line: while it connects, reads history, delivers
    kArrival,  // of something new at a destination: before its answer counts
    kSigterm,  // which it obeys
  };
  Since since = Since::kReady;
  absl::Duration after;
  // kSigterm: when it comes, after the ready line.
  absl::Duration sigterm;

  std::string ToString() const;
};

// The moments of one campaign, chosen by a seed.
class KillPlan {
 public:
  // `longest`: the latest moment after the ready line.
  KillPlan(uint64_t seed, absl::Duration longest)
      : dice_(seed), longest_(longest) {}

  KillMoment Next();

 private:
  Dice dice_;
  const absl::Duration longest_;
};

// Waits for `moment` in the life of `process` and kills it. `arrived`: how much
// has arrived at a destination; a change is an arrival. True: it had been
// ready, and ended by the kill.
bool KillAt(const KillMoment& moment, SluiceProcess& process,
            const std::function<uint64_t()>& arrived);

}  // namespace sluice::fault

#endif  // TESTS_FAULT_KILL_PLAN_H_
