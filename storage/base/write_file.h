// Files that are either as they were or as they should be.
#ifndef STORAGE_BASE_WRITE_FILE_H_
#define STORAGE_BASE_WRITE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sluice {

// Makes `bytes` all there is in the file at `path`, which only its owner may
// read and write; synced to the disk when it returns. Whoever reads it, also
// after a crash, finds the old content or the new, never a part.
//   kUnavailable: the disk refuses; the file is as it was.
absl::Status WriteFile(const std::string& path, std::string_view bytes);

}  // namespace sluice

#endif  // STORAGE_BASE_WRITE_FILE_H_
