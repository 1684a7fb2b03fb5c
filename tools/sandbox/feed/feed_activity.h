// Activities as clients send them and as the service answers them.
//
// Facts: https://getstream.io/activity-feeds/docs/ "Adding activities",
// stream-python 5.3.1 stream/feed/base.py and stream/tests/test_client.py,
// stream-swift Activity.swift (reserved names).
#ifndef TOOLS_SANDBOX_FEED_FEED_ACTIVITY_H_
#define TOOLS_SANDBOX_FEED_FEED_ACTIVITY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "pipeline/json/json_view.h"
#include "tools/sandbox/feed/feed_answer.h"
#include "tools/sandbox/feed/feed_store.h"

namespace sluice::sandbox {

// Gives the server's time in microseconds, a later one at each call.
using ServerMicros = absl::FunctionRef<int64_t()>;

struct ActivityRules {
  size_t max_bytes = 10 << 10;  // of its JSON
  // Custom fields may have names that the service keeps for itself.
  bool reserved_names = false;
};

// Values inside each other in what clients send.
inline constexpr size_t kMaxFeedDepth = 32;

// True: letters, digits, '_' and '-', at least one.
bool IsFeedPart(std::string_view text);
// True: a part on both sides of one colon.
bool IsFeedId(std::string_view text);

// Checks an activity and fills in `time` and `id`. `id`, `origin` and nulls of
// optional fields are ignored. Custom fields stay as they were written.
// `kept_id`: an activity that is there already; its id stays whatever its data.
// Nullopt: `errors` says why.
std::optional<FeedActivity> ReadActivity(
    const JsonView& object, ServerMicros now, const ActivityRules& rules,
    FieldErrors& errors, std::optional<ActivityId> kept_id = std::nullopt);

// Changes members by dotted paths: those of the object `set`, then those of the
// list `unset`. Objects on the way are made. Nullopt: `errors` says why.
std::optional<FeedActivity> ChangeActivity(const FeedActivity& activity,
                                           const std::optional<JsonView>& set,
                                           const std::vector<JsonView>& unset,
                                           const ActivityRules& rules,
                                           FieldErrors& errors);

// The JSON of an activity as it stands in a feed; `origin` empty: directly.
void AppendActivity(const FeedActivity& activity, std::string_view origin,
                    std::string& out);
std::string ActivityJson(const FeedActivity& activity,
                         std::string_view origin = {});
// Its JSON without `origin` and `to`. Borrowed from it.
JsonView ActivityView(const FeedActivity& activity);
std::string ActorOf(const FeedActivity& activity);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ACTIVITY_H_
