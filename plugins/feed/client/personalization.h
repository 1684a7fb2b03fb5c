// Personalization, which Stream configures for each application.
#ifndef PLUGINS_FEED_CLIENT_PERSONALIZATION_H_
#define PLUGINS_FEED_CLIENT_PERSONALIZATION_H_

#include <memory>
#include <string_view>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

// Calls to resources such as "follow_recommendations", whose parameters and
// answers depend on the application. Handles, threads and errors as in feeds.h.
//
// Source: stream-python 5.3.1 stream/personalization/personalizations.py.
class Personalization {
 public:
  explicit Personalization(FeedConnection* connection)
      : connection_(connection) {}

  std::unique_ptr<HttpCall> Get(std::string_view resource,
                                const FeedQuery& parameters,
                                FeedDone<FeedAnswer> done);
  // `data` is a JSON object.
  std::unique_ptr<HttpCall> Post(std::string_view resource,
                                 const FeedQuery& parameters,
                                 std::string_view data,
                                 FeedDone<FeedAnswer> done);
  std::unique_ptr<HttpCall> Delete(std::string_view resource,
                                   const FeedQuery& parameters,
                                   FeedDone<FeedAnswer> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_PERSONALIZATION_H_
