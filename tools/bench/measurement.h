// What the operating system says of a process, and figures made of many values.
#ifndef TOOLS_BENCH_MEASUREMENT_H_
#define TOOLS_BENCH_MEASUREMENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::bench {

// What this process has used so far.
struct ResourceUse {
  absl::Duration cpu;  // User and system, all threads.
  uint64_t written_bytes =
      0;  // Handed to the block layer; 0 where /proc/self/io cannot be read.
  uint64_t peak_rss_bytes = 0;
};
ResourceUse CurrentResourceUse();

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

// How fast this directory's disk takes appended writes, each made durable by
// fdatasync: the limit that any durable log has here.
struct DiskLimit {
  double bytes_per_second = 0;
  absl::Duration sync_p50;
  absl::Duration sync_p99;
};
// Writes `count` times `write_bytes` to a file in `directory` and removes it.
//   kUnavailable: the file cannot be made or written.
absl::StatusOr<DiskLimit> MeasureDisk(const std::string& directory,
                                      size_t write_bytes, int count);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_MEASUREMENT_H_
