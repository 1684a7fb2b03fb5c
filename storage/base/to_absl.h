// std::string_view to absl::string_view and back: Debian's Abseil is built with
// its own type, which does not convert by itself.
#ifndef STORAGE_BASE_TO_ABSL_H_
#define STORAGE_BASE_TO_ABSL_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace sluice {

inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

inline std::string_view ToStd(absl::string_view text) {
  return std::string_view(text.data(), text.size());
}

}  // namespace sluice

#endif  // STORAGE_BASE_TO_ABSL_H_
