#include "tools/bench/measurement.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sluice::bench {
namespace {

// The number behind `key` in a file of "key: number" lines; 0 if it is not
// there.
uint64_t ReadField(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    uint64_t value = 0;
    if (word == key && file >> value) return value;
  }
  return 0;
}

}  // namespace

ResourceUse CurrentResourceUse() {
  ResourceUse use;
  struct rusage usage;
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    use.cpu = absl::DurationFromTimeval(usage.ru_utime) +
              absl::DurationFromTimeval(usage.ru_stime);
  }
  use.peak_rss_bytes = ReadField("/proc/self/status", "VmHWM:") * 1024;
  use.written_bytes = ReadField("/proc/self/io", "write_bytes:");
  return use;
}

absl::Duration Distribution::Quantile(double quantile) const {
  if (values_.empty()) return absl::ZeroDuration();
  std::vector<absl::Duration> sorted = values_;
  const size_t index = std::min(
      sorted.size() - 1,
      static_cast<size_t>(quantile * static_cast<double>(sorted.size())));
  std::nth_element(sorted.begin(),
                   sorted.begin() + static_cast<std::ptrdiff_t>(index),
                   sorted.end());
  return sorted[index];
}

absl::StatusOr<DiskLimit> MeasureDisk(const std::string& directory,
                                      size_t write_bytes, int count) {
  const std::string path = absl::StrCat(directory, "/disk_limit");
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
  }
  const std::string block(write_bytes, 'x');
  Distribution syncs;
  absl::Status status;
  const absl::Time begin = absl::Now();
  for (int i = 0; i < count && status.ok(); ++i) {
    const ssize_t written = ::write(file, block.data(), block.size());
    const absl::Time before = absl::Now();
    if (written != static_cast<ssize_t>(block.size()) ||
        ::fdatasync(file) != 0) {
      status = absl::UnavailableError(
          absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
    }
    syncs.Add(absl::Now() - before);
  }
  const absl::Duration elapsed = absl::Now() - begin;
  ::close(file);
  ::unlink(path.c_str());
  if (!status.ok()) return status;
  DiskLimit limit;
  limit.bytes_per_second =
      static_cast<double>(write_bytes) * count / absl::ToDoubleSeconds(elapsed);
  limit.sync_p50 = syncs.Quantile(0.5);
  limit.sync_p99 = syncs.Quantile(0.99);
  return limit;
}

}  // namespace sluice::bench
