// Reactions to activities: likes, comments, and reactions to those.
#ifndef PLUGINS_FEED_CLIENT_REACTIONS_H_
#define PLUGINS_FEED_CLIENT_REACTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

struct NewReaction {
  // E.g. "like".
  std::string kind;
  std::string user_id;
  // A JSON object; empty: none.
  std::string data = {};
  // Feeds that get an activity about it.
  std::vector<std::string> target_feeds = {};
  // A JSON object whose members those activities get, too; empty: none.
  std::string target_feeds_extra_data = {};
};

// Of what reactions are listed.
enum class ReactionLookup { kActivity, kUser, kReaction };

struct ReactionFilter {
  ReactionLookup lookup = ReactionLookup::kActivity;
  // Id of the activity, user or parent reaction.
  std::string id;
  // Empty: all kinds.
  std::string kind = {};
  // Default of the service: 10; at most 25.
  std::optional<int64_t> limit = {};
  std::string id_lt = {};
  std::string id_lte = {};
  std::string id_gt = {};
  std::string id_gte = {};
  // Brings the activity, too.
  bool with_activity_data = false;
};

// Calls about reactions. Handles, threads and errors as in feeds.h.
//
// Sources: stream-python 5.3.1 stream/reactions/; GetMany: stream-go2 8.9.0.
class Reactions {
 public:
  explicit Reactions(FeedConnection* connection) : connection_(connection) {}

  // To an activity, or to another reaction.
  std::unique_ptr<HttpCall> Add(std::string_view activity_id,
                                const NewReaction& reaction,
                                FeedDone<ReactionAnswer> done);
  std::unique_ptr<HttpCall> AddChild(std::string_view parent_id,
                                     const NewReaction& reaction,
                                     FeedDone<ReactionAnswer> done);

  std::unique_ptr<HttpCall> Get(std::string_view reaction_id,
                                FeedDone<ReactionAnswer> done);
  std::unique_ptr<HttpCall> GetMany(const std::vector<std::string>& ids,
                                    bool include_deleted,
                                    FeedDone<ReactionPage> done);

  // Replaces the data. Feeds that are not named again lose their activity.
  std::unique_ptr<HttpCall> Update(std::string_view reaction_id,
                                   std::string_view data,
                                   const std::vector<std::string>& target_feeds,
                                   FeedDone<ReactionAnswer> done);

  // `soft`: it can be restored.
  std::unique_ptr<HttpCall> Delete(std::string_view reaction_id, bool soft,
                                   FeedDone<FeedAnswer> done);
  //   kNotFound: it is not softly deleted.
  std::unique_ptr<HttpCall> Restore(std::string_view reaction_id,
                                    FeedDone<FeedAnswer> done);

  // Newest first; oldest first with id_gt or id_gte.
  std::unique_ptr<HttpCall> Filter(const ReactionFilter& filter,
                                   FeedDone<ReactionPage> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_REACTIONS_H_
