// Pictures as they are posted.
#ifndef PLUGINS_INTHING_IMAGE_H_
#define PLUGINS_INTHING_IMAGE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "plugins/inthing/post.h"

namespace sluice::inthing {

// The service has no limit that is known; one of ours keeps requests bounded.
inline constexpr size_t kDefaultMaxImageBytes = size_t{10} << 20;

// An image of `bytes`. The format is told from its first bytes: JPEG, PNG, GIF,
// WebP, BMP or TIFF. The file name is `name` (the last part of it, if it is a
// path) in ASCII, with the format's extension: the service keeps it as part of
// the address.
//   kInvalidArgument: empty, over `max_bytes`, or none of these formats.
absl::StatusOr<Image> MakeImage(std::string bytes, std::string_view name,
                                size_t max_bytes = kDefaultMaxImageBytes);

// The same of a file. Blocks. The message names the file.
//   kNotFound: there is none.  kPermissionDenied: it may not be read.
//   kInvalidArgument: as MakeImage(), or no regular file.
//   All carry v1::Error::IO.
absl::StatusOr<Image> ReadImage(const std::string& path,
                                size_t max_bytes = kDefaultMaxImageBytes);

// Reads a whole file or, at "-", standard input. Errors as ReadImage();
// kOutOfRange: over `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_IMAGE_H_
