// Files that are read whole, and no more than is sensible.
#ifndef STORAGE_BASE_READ_FILE_H_
#define STORAGE_BASE_READ_FILE_H_

#include <cstddef>
#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// All bytes of the file at `path`.
//   kInvalidArgument: it cannot be read, or has more than `max_bytes`; the
//   message names the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// As ReadFile(), of what is left of `in`, which messages call `name`.
absl::StatusOr<std::string> ReadStream(std::istream& in,
                                       const std::string& name,
                                       size_t max_bytes);

}  // namespace sluice

#endif  // STORAGE_BASE_READ_FILE_H_
