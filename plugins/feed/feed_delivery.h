// Adding activities as the sink does it: rendered bodies, and answers in words
// the sink can act on.
#ifndef PLUGINS_FEED_FEED_DELIVERY_H_
#define PLUGINS_FEED_FEED_DELIVERY_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_name.h"
#include "plugins/feed/feed_reply.h"

namespace sluice::feed {

// Adds the `count` activities of `body`, {"activities":[..]}, to `feed` in one
// request. `done` is called once, later, unless the returned call is destroyed
// before. `connection` is started and outlives the call.
std::unique_ptr<HttpCall> DeliverActivities(
    FeedConnection& connection, const FeedName& feed, std::string body,
    size_t count, absl::Duration timeout,
    absl::AnyInvocable<void(FeedReply)> done);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_FEED_DELIVERY_H_
