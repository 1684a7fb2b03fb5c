// Reading and writing feeds.
#ifndef PLUGINS_FEED_CLIENT_FEEDS_H_
#define PLUGINS_FEED_CLIENT_FEEDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

// Which groups of a notification feed to mark with the reading. The answer
// shows them as they were before.
struct FeedMark {
  // All of them.
  bool all = false;
  // Else these, by id.
  std::vector<std::string> ids = {};
};

// What is put in place of references to users, collections and reactions.
struct Enrichment {
  // References in activities. Any of the others asks for this, too.
  bool references = false;
  bool own_reactions = false;
  bool recent_reactions = false;
  bool reaction_counts = false;
  // Only reactions of these kinds; empty: of all.
  std::vector<std::string> reaction_kinds = {};

  bool wanted() const {
    return references || own_reactions || recent_reactions || reaction_counts ||
           !reaction_kinds.empty();
  }
};

struct ReadOptions {
  // Default of the service: 25; at most 100.
  std::optional<int64_t> limit = {};
  // Entries to skip. Slow for many: id_lt is better.
  std::optional<int64_t> offset = {};
  // Only entries with such ids.
  std::string id_lt = {};
  std::string id_lte = {};
  std::string id_gt = {};
  std::string id_gte = {};
  // Name of a ranking that is configured in the dashboard.
  std::string ranking = {};
  // A JSON object with values for it.
  std::string ranking_vars = {};
  FeedMark mark_read = {};
  FeedMark mark_seen = {};
  Enrichment enrichment = {};
  // Whose reactions are "own"; empty: the token's user.
  std::string user_id = {};
  // Further parameters, as they are.
  FeedQuery more = {};
};

// Which targets an activity is to have. Either all of them, or which to add and
// remove; at least one list is not empty.
struct TargetsUpdate {
  std::vector<std::string> new_targets = {};
  std::vector<std::string> added_targets = {};
  std::vector<std::string> removed_targets = {};
};

// Calls about one feed, which each takes as `group:id`. Activities are JSON
// objects and go through byte for byte; the rules are those of CheckActivity().
//
// Obtained from FeedClient; thread-safety as there. Every call returns its
// handle: destroying it cancels the call. Errors: feed_error.h; argument errors
// name the argument as it is called here.
//
// Source of paths, claims and members: stream-python 5.3.1
// stream/feed/feeds.py and stream/client/client.py.
class Feeds {
 public:
  explicit Feeds(FeedConnection* connection) : connection_(connection) {}

  // Reads a page.
  std::unique_ptr<HttpCall> Get(std::string_view feed,
                                const ReadOptions& options,
                                FeedDone<FeedPage> done);

  // Adds one activity. `to` in it copies it to other feeds.
  std::unique_ptr<HttpCall> Add(std::string_view feed,
                                std::string_view activity,
                                FeedDone<AddedActivity> done);

  // Adds activities in one request. None: nothing is sent, and the result is
  // empty.
  std::unique_ptr<HttpCall> AddBatch(std::string_view feed,
                                     const std::vector<std::string>& activities,
                                     FeedDone<ActivityList> done);

  // Adds one activity, without `to`, to up to 5,000 feeds, but not to their
  // followers.
  std::unique_ptr<HttpCall> AddToMany(std::string_view activity,
                                      const std::vector<std::string>& feeds,
                                      FeedDone<FeedAnswer> done);

  // Removes an activity by its id. One that is not there is no error.
  std::unique_ptr<HttpCall> Remove(std::string_view feed,
                                   std::string_view activity_id,
                                   FeedDone<RemovedActivity> done);
  // Removes all activities with this foreign id.
  std::unique_ptr<HttpCall> RemoveByForeignId(std::string_view feed,
                                              std::string_view foreign_id,
                                              FeedDone<RemovedActivity> done);

  // Changes which other feeds an activity of `feed` is copied to.
  std::unique_ptr<HttpCall> UpdateTargets(std::string_view feed,
                                          std::string_view foreign_id,
                                          std::string_view time,
                                          const TargetsUpdate& update,
                                          FeedDone<TargetsChange> done);

 private:
  FeedConnection* connection_;
};

// Shared with other calls that enrich.
absl::Status AddEnrichment(const Enrichment& enrichment, FeedQuery* query);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEEDS_H_
