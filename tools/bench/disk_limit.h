// How fast the disk is, without anything of ours in between.
#ifndef TOOLS_BENCH_DISK_LIMIT_H_
#define TOOLS_BENCH_DISK_LIMIT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::bench {

// How fast a directory's disk takes appended writes, each made durable by
// fdatasync: the limit that any durable log has here.
struct DiskLimit {
  double bytes_per_second = 0;
  absl::Duration sync_p50;
  absl::Duration sync_p99;
};

// The size that a full group of the log comes to, near enough.
inline constexpr size_t kGroupWriteBytes = size_t{1} << 20;

// Writes `count` times `write_bytes` to a file in `directory` and removes it.
//   kUnavailable: the file cannot be made or written; the message names it.
absl::StatusOr<DiskLimit> MeasureDisk(const std::string& directory,
                                      size_t write_bytes, int count);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_DISK_LIMIT_H_
