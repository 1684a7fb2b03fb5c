#include "plugins/file/test_disk.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "plugins/file/plugin.h"
#include "plugins/file/rotating_file.h"

namespace sluice::file {
namespace {

std::atomic<DiskState> disk_state{DiskState::kWorks};

ssize_t Write(int fd, const void* bytes, size_t size) {
  const DiskState state = disk_state;
  if (state != DiskState::kFull && state != DiskState::kFullOnce) {
    return ::write(fd, bytes, size);
  }
  if (size > 1) return ::write(fd, bytes, size / 2);
  if (state == DiskState::kFullOnce) disk_state = DiskState::kWorks;
  errno = ENOSPC;
  return -1;
}

int Sync(int fd) {
  if (disk_state != DiskState::kLosesWrites) return ::fdatasync(fd);
  errno = EIO;
  return -1;
}

}  // namespace

void SetDiskState(DiskState state) { disk_state = state; }

absl::Status RegisterFileOnTestDisk(PluginRegistry& registry) {
  FileCalls calls = FileCalls::Real();
  calls.write = Write;
  calls.fdatasync = Sync;
  return RegisterFile(registry, calls);
}

}  // namespace sluice::file
