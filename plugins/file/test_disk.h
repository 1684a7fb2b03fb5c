// A disk that does what it is told, with the sink `file` on it.
#ifndef PLUGINS_FILE_TEST_DISK_H_
#define PLUGINS_FILE_TEST_DISK_H_

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::file {

enum class DiskState {
  kWorks,
  // Takes half of what it is given, and half of the rest, until nothing fits.
  kFull,
  // The same for one write, then works.
  kFullOnce,
  // Takes everything, and cannot say that it will keep it.
  kLosesWrites,
  // Holds whoever writes, until it is told otherwise.
  kHangs,
};

// Of the disk that all sinks of this process are on; any thread.
void SetDiskState(DiskState state);

// RegisterFile(), for sinks on that disk.
absl::Status RegisterFileOnTestDisk(PluginRegistry& registry);

}  // namespace sluice::file

#endif  // PLUGINS_FILE_TEST_DISK_H_
