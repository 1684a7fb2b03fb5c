// Debian's Abseil has a string_view of its own: the bridge to its functions.
#ifndef TOOLS_SANDBOX_TO_ABSL_H_
#define TOOLS_SANDBOX_TO_ABSL_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace sluice::sandbox {

inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_TO_ABSL_H_
