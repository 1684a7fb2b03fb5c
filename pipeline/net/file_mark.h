// Telling whether a file was replaced.
#ifndef PIPELINE_NET_FILE_MARK_H_
#define PIPELINE_NET_FILE_MARK_H_

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <tuple>

namespace sluice {

// What changes when a file is replaced or written to: time, size, inode. All
// zero when there is none.
using FileMark = std::tuple<int64_t, int64_t, int64_t, uint64_t>;

inline FileMark MarkOf(const std::string& path) {
  struct stat found;
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size,
          found.st_ino};
}

}  // namespace sluice

#endif  // PIPELINE_NET_FILE_MARK_H_
