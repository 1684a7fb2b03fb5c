// Files whose content is posted.
#ifndef PLUGINS_INTHING_LOCAL_FILE_H_
#define PLUGINS_INTHING_LOCAL_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::inthing {

// Reads a whole file or, at "-", standard input; blocks. The message names the
// file.
//   kNotFound: there is none.  kPermissionDenied: it may not be read.
//   kInvalidArgument: it is no regular file.  kOutOfRange: over `max_bytes`.
//   kUnavailable: it cannot be read.
//   All carry v1::Error::IO.
absl::StatusOr<std::string> ReadLocalFile(const std::string& path,
                                          size_t max_bytes);

// "<path>: <why>" with v1::Error::IO.
absl::Status FileError(absl::StatusCode code, const std::string& path,
                       std::string_view why);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_LOCAL_FILE_H_
