// What the operating system says of a process, and figures made of many values.
#ifndef TOOLS_BENCH_MEASUREMENT_H_
#define TOOLS_BENCH_MEASUREMENT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/time.h"

namespace sluice::bench {

// What this process has used so far.
struct ResourceUse {
  absl::Duration cpu;  // User and system, all threads.
  // Handed to the block layer; 0 where /proc/self/io cannot be read.
  uint64_t written_bytes = 0;
  uint64_t peak_rss_bytes = 0;
};
ResourceUse CurrentResourceUse();

// What this process holds at this moment; 0 where /proc does not say.
struct Holdings {
  uint64_t rss_bytes = 0;
  uint64_t threads = 0;
  uint64_t file_descriptors = 0;
};
Holdings CurrentHoldings();

// CPU time of the calling thread.
absl::Duration ThreadCpuTime();

// CPU time of each thread of this process, by its id, in steps of a hundredth
// of a second. Threads that have ended are not there.
std::map<int, absl::Duration> ThreadCpuTimes();

// Quantiles of durations; keeps every value.
class Distribution {
 public:
  void Add(absl::Duration value) { values_.push_back(value); }
  size_t size() const { return values_.size(); }
  // The value below which the share `quantile` (0 to 1) of all values lies;
  // zero when there are none.
  absl::Duration Quantile(double quantile) const;

 private:
  std::vector<absl::Duration> values_;
};

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_MEASUREMENT_H_
