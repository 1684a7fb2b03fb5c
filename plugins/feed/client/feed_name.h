// Names of feeds.
#ifndef PLUGINS_FEED_CLIENT_FEED_NAME_H_
#define PLUGINS_FEED_CLIENT_FEED_NAME_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::feed {

// A feed `group:id`. Views into the text it was read from.
struct FeedName {
  // Which kind of feed, as configured in the dashboard ("slug").
  std::string_view group;
  std::string_view id;

  // "user1", as claims of tokens have it.
  std::string together() const { return std::string(group) + std::string(id); }
};

// True when `text` is one or more of A-Z a-z 0-9 _ -.
bool IsFeedNamePart(std::string_view text);

// Reads "group:id". Both are one or more of A-Z a-z 0-9 _ -, which is what all
// clients of the service allow (stream-python 5.3.1 stream/utils.py).
//   kInvalidArgument: the message quotes `text` and says what is allowed.
absl::StatusOr<FeedName> ParseFeedName(std::string_view text);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_NAME_H_
