// Signed tokens of the Stream API.
#ifndef PLUGINS_FEED_CLIENT_TOKEN_H_
#define PLUGINS_FEED_CLIENT_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "plugins/feed/client/feed_name.h"

namespace sluice::feed {

// What a token allows. Empty members are left out of it.
//
// Which claims go with which call: stream-python 5.3.1 stream/client/client.py
// and stream/feed/feeds.py.
struct Claims {
  std::string action = {};
  std::string resource = {};
  // Group and id without the colon, or "*".
  std::string feed_id = {};
  std::string user_id = {};
};

// A JWT over `claims`: HS256 with the bytes of `secret` as key, no time of
// issue and no end (stream-python 5.3.1 stream/client/base.py
// create_jwt_token). The result is as secret as what it allows: never log it.
std::string SignToken(std::string_view secret, const Claims& claims);

// Tokens to hand to others, such as programs in a browser. They never end.

// Lets its bearer act as the user `user_id`, within the policies of the
// application ("user session token"; stream-python 5.3.1 create_user_token).
// `more_claims` is a JSON object with further claims, e.g. {"exp": 1700000000},
// or empty.
//   kInvalidArgument: user_id is empty or not UTF-8, or more_claims is no
//   object or has a user_id itself. The message names the argument.
absl::StatusOr<std::string> SignUserToken(std::string_view secret,
                                          std::string_view user_id,
                                          std::string_view more_claims = {});

// Lets its bearer read `feed` (stream-python 5.3.1 get_readonly_token).
std::string SignReadOnlyToken(std::string_view secret, const FeedName& feed);

// Lets its bearer do everything with `feed`, and nothing with others
// (stream-js 8.14.0 getReadWriteToken). What stream-python 5.3.1 calls
// feed.token would open every feed; there is no function for it.
std::string SignReadWriteToken(std::string_view secret, const FeedName& feed);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_TOKEN_H_
