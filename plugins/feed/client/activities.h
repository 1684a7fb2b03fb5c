// Activities, whatever feeds they are in.
#ifndef PLUGINS_FEED_CLIENT_ACTIVITIES_H_
#define PLUGINS_FEED_CLIENT_ACTIVITIES_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"
#include "plugins/feed/client/feeds.h"

namespace sluice::feed {

// What names an activity: its id, or foreign id and time. One of both, never
// both.
struct ActivityName {
  std::string id = {};
  std::string foreign_id = {};
  // As CheckTime() takes it; FeedTime() makes it.
  std::string time = {};
};

// What to change in an activity. Members are named by paths with dots,
// "product.price"; a path without dots stands for the whole member.
struct ActivityChange {
  ActivityName name;
  // A JSON object from paths to new values.
  std::string set = "{}";
  // Paths to remove; what is not there is no error.
  std::vector<std::string> unset = {};
};

// Calls about activities by what names them. Handles, threads and errors as in
// feeds.h.
class Activities {
 public:
  explicit Activities(FeedConnection* connection) : connection_(connection) {}

  // Looks activities up. Unknown ones are left out of the result.
  std::unique_ptr<HttpCall> GetByIds(const std::vector<std::string>& ids,
                                     const Enrichment& enrichment,
                                     FeedDone<ActivityList> done);
  // The same by foreign id and time; `id` of each is empty. A foreign id with a
  // comma cannot be looked up.
  std::unique_ptr<HttpCall> GetByForeignIds(
      const std::vector<ActivityName>& names, const Enrichment& enrichment,
      FeedDone<ActivityList> done);

  // Replaces activities, each known by its `foreign_id` and `time`, which it
  // must have; members that are not given are gone, but `to` stays. Creates
  // what is not there, in no feed. None: nothing is sent.
  std::unique_ptr<HttpCall> Update(const std::vector<std::string>& activities,
                                   FeedDone<FeedAnswer> done);

  // Changes members of activities, and brings the whole activities back.
  //   kNotFound: an activity is unknown.
  std::unique_ptr<HttpCall> PartialUpdate(
      const std::vector<ActivityChange>& changes, FeedDone<ActivityList> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_ACTIVITIES_H_
