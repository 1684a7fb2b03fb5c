#include "plugins/file/test_disk.h"

#include <unistd.h>

#include <cerrno>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "plugins/file/plugin.h"
#include "plugins/file/rotating_file.h"

namespace sluice::file {
namespace {

ABSL_CONST_INIT absl::Mutex mu(absl::kConstInit);
DiskState disk_state ABSL_GUARDED_BY(mu) = DiskState::kWorks;

ssize_t Write(int fd, const void* bytes, size_t size) {
  absl::MutexLock lock(&mu);
  const auto answers = []() ABSL_SHARED_LOCKS_REQUIRED(mu) {
    return disk_state != DiskState::kHangs;
  };
  mu.Await(absl::Condition(&answers));
  if (disk_state != DiskState::kFull && disk_state != DiskState::kFullOnce) {
    return ::write(fd, bytes, size);
  }
  if (size > 1) return ::write(fd, bytes, size / 2);
  if (disk_state == DiskState::kFullOnce) disk_state = DiskState::kWorks;
  errno = ENOSPC;
  return -1;
}

int Sync(int fd) {
  absl::MutexLock lock(&mu);
  if (disk_state != DiskState::kLosesWrites) return ::fdatasync(fd);
  errno = EIO;
  return -1;
}

}  // namespace

void SetDiskState(DiskState state) {
  absl::MutexLock lock(&mu);
  disk_state = state;
}

absl::Status RegisterFileOnTestDisk(PluginRegistry& registry) {
  FileCalls calls = FileCalls::Real();
  calls.write = Write;
  calls.fdatasync = Sync;
  return RegisterFile(registry, calls);
}

}  // namespace sluice::file
