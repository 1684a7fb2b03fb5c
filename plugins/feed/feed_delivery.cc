#include "plugins/feed/feed_delivery.h"

#include <utility>

namespace sluice::feed {

std::unique_ptr<HttpCall> DeliverActivities(
    FeedConnection& connection, const FeedName& feed, std::string body,
    size_t count, absl::Duration timeout,
    absl::AnyInvocable<void(FeedReply)> done) {
  return connection.Send(
      {.method = "POST",
       .path = FeedPath("feed", feed),
       .body = std::move(body),
       .claims = {.action = "write",
                  .resource = "feed",
                  .feed_id = feed.together()}},
      timeout,
      [&connection, count, done = std::move(done)](
          HttpResponse response, HttpFailure failure) mutable {
        done(ReadReply(response, failure, count, connection.Now()));
      });
}

}  // namespace sluice::feed
