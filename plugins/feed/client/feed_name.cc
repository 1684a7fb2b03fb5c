#include "plugins/feed/client/feed_name.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::feed {
namespace {

constexpr size_t kMaxQuotedBytes = 80;

}  // namespace

bool IsFeedNamePart(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
           c == '-';
  });
}

absl::StatusOr<FeedName> ParseFeedName(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const FeedName name{text.substr(0, colon), text.substr(colon + 1)};
    if (IsFeedNamePart(name.group) && IsFeedNamePart(name.id)) return name;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(text.substr(0, kMaxQuotedBytes)),
                   "\" is no feed; a feed is group:id with letters, digits, "
                   "\"_\" and \"-\" in both"));
}

}  // namespace sluice::feed
