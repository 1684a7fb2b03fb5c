// What happened in a run, for a person and for comparing two runs.
#ifndef TESTS_SIMULATION_TRACE_H_
#define TESTS_SIMULATION_TRACE_H_

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {

// Lines with the virtual time and the step they happened at. Every line goes
// into the scheduler's trace hash, whether it is printed or not.
class Trace {
 public:
  Trace(SeededScheduler* scheduler, bool print)
      : scheduler_(scheduler),
        print_(print),
        start_(scheduler->MonotonicNow()) {}

  template <typename... Parts>
  void Add(const Parts&... parts) {
    const std::string line = absl::StrCat(parts...);
    // The standard library's hash is the same in every run.
    scheduler_->Note(std::hash<std::string_view>()(line));
    if (!print_) return;
    std::printf("%10.3f %8llu %s\n",
                absl::ToDoubleSeconds(scheduler_->MonotonicNow() - start_),
                static_cast<unsigned long long>(scheduler_->steps()),
                line.c_str());
  }

 private:
  SeededScheduler* const scheduler_;
  const bool print_;
  const absl::Duration start_;
};

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_TRACE_H_
