#include "tests/kit/leak_check.h"

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "storage/base/status_macros.h"
#include "tests/kit/kit_case.h"

namespace sluice::kit {
namespace {

// What is made once and kept, such as pooled connections, is there after these.
constexpr int kFirstRounds = 3;
constexpr int kRounds = 12;

// Of a folder of /proc/self: that of this process, now.
size_t CountEntries(const char* folder) {
  std::error_code ignored;
  std::filesystem::directory_iterator entries(folder, ignored);
  return static_cast<size_t>(
      std::distance(entries, std::filesystem::directory_iterator()));
}

size_t CountThreads() { return CountEntries("/proc/self/task"); }
size_t CountFileDescriptors() { return CountEntries("/proc/self/fd"); }

// The system takes its time with what has ended; a leak is one each round.
absl::Status CheckCount(const char* what, size_t before, size_t after) {
  if (after <= before + kRounds / 2) return absl::OkStatus();
  return Broken("after ", kRounds, " starts and stops there are ", after, " ",
                what, ", before ", before);
}

}  // namespace

absl::Status CheckLeavesNothing(absl::FunctionRef<absl::Status()> round) {
  for (int i = 0; i < kFirstRounds; ++i) SLUICE_RETURN_IF_ERROR(round());
  const size_t threads = CountThreads();
  const size_t descriptors = CountFileDescriptors();
  for (int i = 0; i < kRounds; ++i) SLUICE_RETURN_IF_ERROR(round());
  SLUICE_RETURN_IF_ERROR(CheckCount("threads", threads, CountThreads()));
  return CheckCount("file descriptors", descriptors, CountFileDescriptors());
}

}  // namespace sluice::kit
