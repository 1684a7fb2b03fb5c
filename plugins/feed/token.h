// Signed tokens of the Stream API.
#ifndef PLUGINS_FEED_TOKEN_H_
#define PLUGINS_FEED_TOKEN_H_

#include <string>
#include <string_view>

namespace sluice::feed {

// What a token allows. Empty members are left out of it.
//
// Which claims go with which call: stream-python 5.3.1 stream/client/client.py
// and stream/feed/feeds.py.
struct Claims {
  std::string_view action;
  std::string_view resource;
  // Group and id without the colon, or "*".
  std::string_view feed_id;
  std::string_view user_id;
};

// A JWT over `claims`: HS256 with the bytes of `secret` as key, no time of
// issue and no end (stream-python 5.3.1 stream/client/base.py
// create_jwt_token). The result is as secret as what it allows: never log it.
std::string SignToken(std::string_view secret, const Claims& claims);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_TOKEN_H_
