#include "tools/bench/disk_limit.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/bench/measurement.h"

namespace sluice::bench {
namespace {

absl::Status CannotWrite(const std::string& path) {
  return absl::UnavailableError(
      absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAndSync(int file, const std::string& path,
                          const std::string& block, int count,
                          Distribution* syncs) {
  for (int i = 0; i < count; ++i) {
    const ssize_t written = ::write(file, block.data(), block.size());
    if (written != static_cast<ssize_t>(block.size())) {
      // A write that is cut short sets no errno; the disk is full then.
      if (written >= 0) errno = ENOSPC;
      return CannotWrite(path);
    }
    const absl::Time before = absl::Now();
    if (::fdatasync(file) != 0) return CannotWrite(path);
    syncs->Add(absl::Now() - before);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DiskLimit> MeasureDisk(const std::string& directory,
                                      size_t write_bytes, int count) {
  const std::string path = absl::StrCat(directory, "/disk_limit");
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return CannotWrite(path);
  const std::string block(write_bytes, 'x');
  Distribution syncs;
  const absl::Time begin = absl::Now();
  const absl::Status status = WriteAndSync(file, path, block, count, &syncs);
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
