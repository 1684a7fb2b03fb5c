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

// The same of a file; blocks. Errors as ReadLocalFile(), and kInvalidArgument
// as MakeImage(); all carry v1::Error::IO and name the file.
absl::StatusOr<Image> ReadImage(const std::string& path,
                                size_t max_bytes = kDefaultMaxImageBytes);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_IMAGE_H_
