#include "tools/bench/measurement.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

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

Holdings CurrentHoldings() {
  Holdings holdings;
  holdings.rss_bytes = ReadField("/proc/self/status", "VmRSS:") * 1024;
  holdings.threads = ReadField("/proc/self/status", "Threads:");
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  // One of them is the iterator's own.
  if (!error) {
    holdings.file_descriptors = static_cast<uint64_t>(
        std::distance(files, std::filesystem::directory_iterator()) - 1);
  }
  return holdings;
}

absl::Duration ThreadCpuTime() {
  timespec spent = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return absl::DurationFromTimespec(spent);
}

std::map<int, absl::Duration> ThreadCpuTimes() {
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::map<int, absl::Duration> times;
  std::error_code error;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::ifstream file(thread.path() / "stat");
    std::string line;
    // Behind the name, which may have blanks in it, come the state, ten numbers
    // and then the two (proc(5)).
    if (!std::getline(file, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    if (!(fields >> user >> system)) continue;
    times[std::stoi(thread.path().filename())] =
        absl::Seconds((user + system) / ticks);
  }
  return times;
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

}  // namespace sluice::bench
