// On what a measurement was made.
#ifndef TOOLS_BENCH_MACHINE_H_
#define TOOLS_BENCH_MACHINE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::bench {

// What cannot be found out is empty or 0.
struct Machine {
  uint32_t cores = 0;  // That this process may use.
  std::string cpu_model;
  uint64_t memory_bytes = 0;
  std::string kernel;       // "Linux 6.1.0-18-amd64 x86_64"
  std::string file_system;  // Of the directory that is measured: "ext4".
  std::string sluice_version;
  // Compiled with optimization: figures of another build say nothing.
  bool optimized = false;
};

// `directory` is where the logs of the measurement lie.
Machine DescribeMachine(const std::string& directory);

// The text behind the first "key :" of a file such as /proc/cpuinfo; empty:
// there is none.
std::string FieldOf(std::string_view text, std::string_view key);

// The name of a file system by the number that statfs(2) gives, "ext4" of
// 0xef53; one that is not known is its number in hexadecimal digits.
std::string FileSystemName(uint64_t magic);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_MACHINE_H_
