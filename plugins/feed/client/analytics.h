// Counting what people see and click.
#ifndef PLUGINS_FEED_CLIENT_ANALYTICS_H_
#define PLUGINS_FEED_CLIENT_ANALYTICS_H_

#include <memory>
#include <string>
#include <string_view>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

// Calls to the analytics service, and the preview of pages. Events are JSON as
// the service has them (https://getstream.io/activity-feeds/docs/python/
// analytics_getting_started/): impressions with content_list, user_data,
// location, feed_id; engagements with content, label, position, and so on.
// Handles, threads and errors as in feeds.h.
//
// Source: stream-python 5.3.1 stream/client/client.py.
class Analytics {
 public:
  explicit Analytics(FeedConnection* connection) : connection_(connection) {}

  // A link, for a mail say, that leads to `target_url` and counts `events`, a
  // JSON array, for `user_id`. Sends nothing. The link holds a token for
  // counting only.
  //   kInvalidArgument: target_url has no scheme (and host), user_id is empty,
  //   or events is no array; the message names the argument.
  absl::StatusOr<std::string> RedirectUrl(std::string_view target_url,
                                          std::string_view user_id,
                                          std::string_view events) const;

  // Counts clicks, likes and the like: a JSON array of engagements.
  std::unique_ptr<HttpCall> TrackEngagements(std::string_view engagements,
                                             FeedDone<FeedAnswer> done);
  // Counts what was shown: a JSON array of impressions.
  std::unique_ptr<HttpCall> TrackImpressions(std::string_view impressions,
                                             FeedDone<FeedAnswer> done);

  // What a page says about itself, for a preview in an activity.
  std::unique_ptr<HttpCall> Preview(std::string_view url,
                                    FeedDone<PagePreview> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_ANALYTICS_H_
