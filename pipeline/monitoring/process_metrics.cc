#include "pipeline/monitoring/process_metrics.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace sluice {
namespace {

MetricFamily Family(const char* name, MetricKind kind, const char* help,
                    std::optional<double> value) {
  MetricFamily family;
  family.name = name;
  family.kind = kind;
  family.help = help;
  if (value.has_value()) family.Add(*value);
  return family;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

std::optional<double> ProcessorSeconds() {
  rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

// Pages of memory, as proc(5) has them in /proc/self/statm.
struct Pages {
  double all = 0;
  double resident = 0;
};

std::optional<Pages> MemoryPages() {
  std::ifstream file("/proc/self/statm");
  Pages pages;
  if (!(file >> pages.all >> pages.resident)) return std::nullopt;
  return pages;
}

std::optional<double> OpenFileDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return std::nullopt;
  double count = 0;
  for (const std::filesystem::directory_iterator end; files != end;
       files.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count - 1;  // One is the folder itself.
}

std::optional<double> MaxFileDescriptors() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

void AddMemory(std::vector<MetricFamily>* families) {
  const std::optional<Pages> pages = MemoryPages();
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::optional<double> all;
  std::optional<double> resident;
  if (pages.has_value()) {
    all = pages->all * page;
    resident = pages->resident * page;
  }
  families->push_back(Family("process_virtual_memory_bytes", MetricKind::kGauge,
                             "Virtual memory of the process.", all));
  families->push_back(Family("process_resident_memory_bytes",
                             MetricKind::kGauge,
                             "Resident memory of the process.", resident));
}

void AddDisk(const std::string& data_dir, std::vector<MetricFamily>* families) {
  std::optional<double> size;
  std::optional<double> available;
  struct statvfs disk;
  if (statvfs(data_dir.c_str(), &disk) == 0) {
    const auto block = static_cast<double>(disk.f_frsize);
    size = static_cast<double>(disk.f_blocks) * block;
    available = static_cast<double>(disk.f_bavail) * block;
  }
  families->push_back(Family("sluice_disk_size_bytes", MetricKind::kGauge,
                             "Size of the file system that holds data_dir.",
                             size));
  families->push_back(Family(
      "sluice_disk_available_bytes", MetricKind::kGauge,
      "What is free on the file system that holds data_dir.", available));
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics(const std::string& data_dir,
                                         absl::Time start_time) {
  std::vector<MetricFamily> families;
  families.push_back(
      Family("process_start_time_seconds", MetricKind::kGauge,
             "When the process started, since 1970.",
             absl::ToDoubleSeconds(start_time - absl::UnixEpoch())));
  families.push_back(Family("process_cpu_seconds_total", MetricKind::kCounter,
                            "Processor time that the process has used.",
                            ProcessorSeconds()));
  AddMemory(&families);
  families.push_back(Family("process_open_fds", MetricKind::kGauge,
                            "Open file descriptors.", OpenFileDescriptors()));
  families.push_back(Family("process_max_fds", MetricKind::kGauge,
                            "Bound on open file descriptors.",
                            MaxFileDescriptors()));
  AddDisk(data_dir, &families);
  return families;
}

}  // namespace sluice
