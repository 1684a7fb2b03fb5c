// Which function answers which path of the emulated feed service.
//
// Facts: stream-python 5.3.1 stream/, stream-js 8.14.0 src/, stream-go2 8.9.0
// (resources and actions of tokens: authenticator.go).
#ifndef TOOLS_SANDBOX_FEED_FEED_ROUTES_H_
#define TOOLS_SANDBOX_FEED_FEED_ROUTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_limits.h"

namespace sluice::sandbox {

struct FeedRoute {
  std::string_view method;
  // Parts between slashes. "{feed}" stands for two, group and id; "{}" for any
  // one; "{...}", at the end, for one or more, which are joined by slashes.
  std::string_view path;
  FeedCallKind kind;
  std::string_view resource;
  std::string_view action;
  FeedUserRule users;
  FeedHandler handler;
};

// What a method and a path lead to.
struct FeedMatch {
  enum class Outcome { kFound, kNoSuchPath, kOtherMethod };
  Outcome outcome = Outcome::kNoSuchPath;
  const FeedRoute* route = nullptr;
  std::string feed;
  std::vector<std::string> values;
};

// `path` is percent-encoded as it came; slashes at its end, and several in a
// row, do not matter. An encoded slash is part of a value.
FeedMatch FindFeedRoute(std::string_view method, std::string_view path);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ROUTES_H_
