// Activities as clients send them and as the service answers them.
//
// Facts: https://getstream.io/activity-feeds/docs/ "Adding activities",
// stream-python 5.3.1 stream/feed/base.py and stream/tests/test_client.py.
#ifndef TOOLS_SANDBOX_FEED_FEED_ACTIVITY_H_
#define TOOLS_SANDBOX_FEED_FEED_ACTIVITY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "boost/json/fwd.hpp"
#include "tools/sandbox/feed/feed_store.h"

namespace sluice::sandbox {

// What is wrong, by field: {"actor", "this field is required"}.
using FieldErrors = std::vector<std::pair<std::string, std::string>>;

// Gives the server's time in microseconds, a later one at each call.
using ServerMicros = absl::FunctionRef<int64_t()>;

// True: letters, digits, '_' and '-' on both sides of one colon.
bool IsFeedId(std::string_view text);

// Checks an activity and fills in `time` and `id`. `id`, `origin` and nulls of
// optional fields are ignored. Nullopt: `errors` says why.
std::optional<FeedActivity> ReadActivity(const boost::json::object& input,
                                         ServerMicros now, size_t max_bytes,
                                         FieldErrors& errors);

// The JSON of an activity as it stands in a feed; `origin` empty: directly.
void AppendActivity(const FeedActivity& activity, std::string_view origin,
                    std::string& out);

// Changes members by dotted paths; objects on the way are made. Nullopt:
// `errors` says why.
std::optional<FeedActivity> ChangeActivity(const FeedActivity& activity,
                                           const boost::json::object& set,
                                           const boost::json::array& unset,
                                           size_t max_bytes,
                                           FieldErrors& errors);

// {"actor":["this field is required"]}
std::string FieldErrorsJson(const FieldErrors& errors);

// "Errors for fields 'actor', 'verb'"
std::string FieldErrorsText(const FieldErrors& errors);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ACTIVITY_H_
