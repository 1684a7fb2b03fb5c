#include "tools/bench/machine.h"

#include <sched.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/version.h"

namespace sluice::bench {
namespace {

std::string ReadWhole(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

uint32_t UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 0;
  return static_cast<uint32_t>(CPU_COUNT(&set));
}

std::string Kernel() {
  utsname names = {};
  if (::uname(&names) != 0) return "";
  return absl::StrCat(names.sysname, " ", names.release, " ", names.machine);
}

std::string FileSystemOf(const std::string& directory) {
  struct statfs stats = {};
  if (::statfs(directory.c_str(), &stats) != 0) return "";
  // Some kernels sign-extend the number.
  return FileSystemName(static_cast<uint32_t>(stats.f_type));
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}  // namespace

std::string FieldOf(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos &&
        Trimmed(line.substr(0, colon)) == key) {
      return std::string(Trimmed(line.substr(colon + 1)));
    }
  }
  return "";
}

std::string FileSystemName(uint64_t magic) {
  constexpr std::pair<uint64_t, const char*> kNames[] = {
      {0xef53, "ext4"},      {0x58465342, "xfs"},     {0x9123683e, "btrfs"},
      {0x01021994, "tmpfs"}, {0x794c7630, "overlay"}, {0x6969, "nfs"},
      {0x2fc12fc1, "zfs"},   {0xf2f52010, "f2fs"},
  };
  for (const auto& [number, name] : kNames) {
    if (number == magic) return name;
  }
  return absl::StrCat("0x", absl::Hex(magic));
}

Machine DescribeMachine(const std::string& directory) {
  Machine machine;
  machine.cores = UsableCores();
  machine.cpu_model = FieldOf(ReadWhole("/proc/cpuinfo"), "model name");
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  if (pages > 0) {
    machine.memory_bytes = static_cast<uint64_t>(pages) *
                           static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  machine.kernel = Kernel();
  machine.file_system = FileSystemOf(directory);
  machine.sluice_version = kVersion;
#ifdef __OPTIMIZE__
  machine.optimized = true;
#endif
  return machine;
}

}  // namespace sluice::bench
