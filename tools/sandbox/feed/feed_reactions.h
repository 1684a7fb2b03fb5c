// Reactions to activities, and to reactions.
//
// Facts: stream-js 8.14.0 src/reaction.ts, stream-python 5.3.1
// stream/reactions/, stream-swift ReactionEndpoint.swift (recorded answers).
#ifndef TOOLS_SANDBOX_FEED_FEED_REACTIONS_H_
#define TOOLS_SANDBOX_FEED_FEED_REACTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sluice::sandbox {

struct FeedReaction {
  std::string id;
  std::string kind;
  std::string activity_id;
  std::string user_id;
  std::string parent;       // a reaction's id; empty: none
  std::string data = "{}";  // JSON, as it was written
  std::vector<std::string> target_feeds;
  std::string target_feeds_extra_data = "{}";  // likewise
  int64_t created_micros = 0;
  int64_t updated_micros = 0;
  int64_t deleted_micros = 0;  // 0: not softly deleted
  uint64_t number = 0;         // rises in order of creation
  int level = 1;               // 1: to an activity; 2: to such a reaction; ...
};

// What a list of reactions belongs to.
enum class ReactionsOf { kActivity, kUser, kReaction };

// Which part of a list of reactions to take.
struct ReactionQuery {
  std::string kind;  // empty: all
  std::string user;  // empty: of all
  size_t limit = 10;
  // Bounds by position: the id of a reaction. One that is unknown bounds
  // nothing. With a lower bound the oldest come first.
  std::string after;  // older than this one
  std::string from;   // this one and older
  std::string above;  // newer than this one
  std::string least;  // this one and newer

  bool oldest_first() const { return !above.empty() || !least.empty(); }
};

struct ReactionPart {
  std::vector<const FeedReaction*> reactions;
  bool more = false;
};

// Reactions in order of creation. Softly deleted ones are found by id alone.
//
// Thread-safety: none. Pointers hold until the reaction is removed.
class FeedReactions {
 public:
  static constexpr int kMaxLevel = 3;

  // REQUIRES: its id is not taken, and its parent is there, if it has one.
  const FeedReaction& Add(FeedReaction reaction);
  // Null: there is none.
  const FeedReaction* Find(std::string_view id) const;
  FeedReaction* Find(std::string_view id);
  // Also its children. REQUIRES: it is there. Returns what went.
  std::vector<FeedReaction> Remove(std::string_view id);

  // Those of an activity or a user that have no parent, or the children of a
  // reaction. Newest first, unless the query says otherwise.
  ReactionPart List(ReactionsOf of, std::string_view owner,
                    const ReactionQuery& query) const;
  // How many there are by kind. Kinds that are all deleted count 0.
  std::map<std::string, int64_t> Counts(ReactionsOf of,
                                        std::string_view owner) const;
  size_t size() const { return by_id_.size(); }

 private:
  struct Listing {
    std::vector<const FeedReaction*> reactions;  // oldest first
    std::set<std::string> kinds;                 // ever seen
  };
  using Listings = absl::flat_hash_map<std::string, Listing>;

  const Listings& ListingsOf(ReactionsOf of) const {
    return listings_[static_cast<size_t>(of)];
  }
  // Calls `visit(listing)` for each list that a reaction stands in.
  template <typename Visit>
  void ForEachListing(const FeedReaction& reaction, Visit visit);

  absl::flat_hash_map<std::string, std::unique_ptr<FeedReaction>> by_id_;
  Listings listings_[3];
  uint64_t last_number_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_REACTIONS_H_
