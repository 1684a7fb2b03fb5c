// Who follows whom.
#ifndef PLUGINS_FEED_CLIENT_FOLLOWS_H_
#define PLUGINS_FEED_CLIENT_FOLLOWS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

struct FollowListOptions {
  int64_t limit = 25;
  int64_t offset = 0;
  // Only these feeds on the other side; empty: all.
  std::vector<std::string> feeds = {};
};

// One of many follows to make.
struct NewFollow {
  std::string source;
  std::string target;
  // Overrides the limit for all.
  std::optional<int64_t> activity_copy_limit = {};
};

struct OldFollow {
  std::string source;
  std::string target;
  bool keep_history = false;
};

struct FollowStatsOptions {
  // Count only feeds of these groups; empty: all.
  std::vector<std::string> followers_slugs = {};
  std::vector<std::string> following_slugs = {};
};

// Calls about following. Feeds are given as `group:id`. Handles, threads and
// errors as in feeds.h.
//
// `activity_copy_limit`: how many of the newest activities are copied, 0 to
// 1,000; default of the service: 100.
class Follows {
 public:
  explicit Follows(FeedConnection* connection) : connection_(connection) {}

  // `source` follows `target`, a flat feed. Following twice is no error.
  std::unique_ptr<HttpCall> Add(std::string_view source,
                                std::string_view target,
                                std::optional<int64_t> activity_copy_limit,
                                FeedDone<FeedAnswer> done);

  // Without `keep_history` what came from `target` alone leaves `source`. What
  // is not followed is no error.
  std::unique_ptr<HttpCall> Remove(std::string_view source,
                                   std::string_view target, bool keep_history,
                                   FeedDone<FeedAnswer> done);

  // The feeds that follow `feed`, and those it follows; newest follow first.
  std::unique_ptr<HttpCall> Followers(std::string_view feed,
                                      const FollowListOptions& options,
                                      FeedDone<FollowPage> done);
  std::unique_ptr<HttpCall> Following(std::string_view feed,
                                      const FollowListOptions& options,
                                      FeedDone<FollowPage> done);

  // Many in one request. None: nothing is sent.
  std::unique_ptr<HttpCall> AddMany(const std::vector<NewFollow>& follows,
                                    std::optional<int64_t> activity_copy_limit,
                                    FeedDone<FeedAnswer> done);
  std::unique_ptr<HttpCall> RemoveMany(const std::vector<OldFollow>& follows,
                                       FeedDone<FeedAnswer> done);

  // How many follow `feed`, and how many it follows.
  std::unique_ptr<HttpCall> Stats(std::string_view feed,
                                  const FollowStatsOptions& options,
                                  FeedDone<FollowStats> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FOLLOWS_H_
