#include "pipeline/json/json_media_type.h"

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace sluice {

bool IsJsonMediaType(std::string_view media_type) {
  // What nearly all events say.
  if (media_type.empty() || media_type == "application/json") return true;
  media_type = media_type.substr(0, media_type.find(';'));
  while (!media_type.empty() && media_type.back() == ' ') {
    media_type.remove_suffix(1);
  }
  const absl::string_view type(media_type.data(), media_type.size());
  return type.empty() || absl::EndsWithIgnoreCase(type, "/json") ||
         absl::EndsWithIgnoreCase(type, "+json");
}

}  // namespace sluice
