// Feeds, activities and who follows whom.
#ifndef TOOLS_SANDBOX_FEED_FEED_STORE_H_
#define TOOLS_SANDBOX_FEED_FEED_STORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "tools/sandbox/feed/feed_ids.h"

namespace sluice::sandbox {

// An activity as it is kept.
struct FeedActivity {
  ActivityId id;
  std::string foreign_id;
  std::string json;             // an object, without `origin` and `to`
  std::vector<std::string> to;  // feeds, "user:44"
};

// Which part of a feed to read. Of several bounds the narrowest counts.
struct FeedRange {
  size_t limit = 25;
  size_t offset = 0;                // within the bounds
  std::optional<ActivityId> after;  // ids below this one
  std::optional<ActivityId> from;   // ids up to this one
  std::optional<ActivityId> above;  // ids above this one
  std::optional<ActivityId> least;  // ids from this one on

  bool Contains(ActivityId id) const {
    return !(after && id >= *after) && !(from && id > *from) &&
           !(above && id <= *above) && !(least && id < *least);
  }
};

// An activity as it stands in a feed. Borrowed until the store changes.
struct FeedItem {
  const FeedActivity* activity;
  std::string_view origin;  // the followed feed it came through; empty: none
};

struct FeedPart {
  std::vector<FeedItem> items;  // newest first
  bool more = false;
};

// One feed follows another. Borrowed until the store changes.
struct FeedRelation {
  std::string_view feed;    // the follower
  std::string_view target;  // the followed
  int64_t created_micros = 0;
};

// Is told what comes into feeds and leaves them, be it directly, by `to` or
// through a followed feed. Must not change the store.
class FeedObserver {
 public:
  virtual ~FeedObserver() = default;
  // Asked once per feed, when it is made.
  virtual bool Observes(std::string_view feed) const = 0;
  // It did not stand there before.
  virtual void Entered(std::string_view feed, const FeedActivity& activity) = 0;
  // It does not stand there any more.
  virtual void Left(std::string_view feed, ActivityId activity) = 0;
};

// Activities are stored once and feeds refer to them, newest first. An activity
// stands in a feed directly (added there, or by `to`) and through any number of
// followed feeds; followers do not hand on what they received.
//
// Feeds are known by "group:id" and made by their first use. Memory: the JSON
// of each activity plus about 250 bytes, and 50 bytes per feed it stands in.
//
// Thread-safety: none.
class FeedStore {
 public:
  // `observer` outlives the store; null: none.
  explicit FeedStore(FeedObserver* observer = nullptr) : observer_(observer) {}

  struct Summary {
    std::string name;
    size_t activities = 0;
    size_t followers = 0;
    size_t following = 0;
  };

  // What was added. Borrowed until the store changes.
  struct Added {
    const FeedActivity& activity;
    bool is_new;  // the feed did not have it directly yet
  };

  // Stores `activity` and puts it into `feed`, its `to` feeds and the feeds
  // that follow these. One with the same id is replaced.
  Added Add(std::string_view feed, FeedActivity activity);

  // Stores it and puts it into these feeds only. Returns how many did not have
  // it.
  size_t AddToMany(const std::vector<std::string>& feeds,
                   FeedActivity activity);

  // Stores it, in place of one with the same id, whose `to` stays; the feeds
  // stay as they are.
  void Update(FeedActivity activity);

  // Puts it into the feeds `added`, takes it out of those `removed`, and
  // changes its `to`. REQUIRES: the activity exists.
  void ChangeTargets(ActivityId id, const std::vector<std::string>& added,
                     const std::vector<std::string>& removed);

  // Null: no such activity. Until the store changes.
  const FeedActivity* Find(ActivityId id) const;
  // The same with the origin that it shows in `feed`. Nullopt: it does not
  // stand there.
  std::optional<FeedItem> FindIn(std::string_view feed, ActivityId id) const;

  // Takes an activity out of `feed` and of where it came through it. Out of the
  // feed it was first added to: out of all its `to` feeds too, and it is gone.
  // False: it was not there.
  bool Remove(std::string_view feed, ActivityId id);
  // The same for all activities of `feed` with this foreign id; how many.
  size_t RemoveForeign(std::string_view feed, std::string_view foreign_id);

  // Copies the newest `copy_limit` direct activities of `target`. Following
  // twice copies again and changes nothing else.
  void Follow(std::string_view feed, std::string_view target, size_t copy_limit,
              int64_t now_micros);
  void Unfollow(std::string_view feed, std::string_view target,
                bool keep_history);
  // Newest first.
  std::vector<FeedRelation> Following(std::string_view feed) const;
  std::vector<FeedRelation> Followers(std::string_view feed) const;

  FeedPart Read(std::string_view feed, const FeedRange& range) const;

  // All feeds by name.
  std::vector<Summary> Feeds() const;
  size_t activities() const { return activities_.size(); }
  size_t feeds() const { return feeds_.size(); }

 private:
  using Number = uint32_t;  // of a feed
  static constexpr Number kDirect = 0xffffffff;
  using Origins = absl::InlinedVector<Number, 2>;

  struct Link {
    Number other;
    int64_t created_micros;
  };
  struct Feed {
    std::string name;
    bool observed = false;
    absl::btree_map<ActivityId, Origins> entries;
    std::vector<Link> following;  // oldest first
    std::vector<Link> followers;
  };
  struct Stored {
    FeedActivity activity;
    Number owner = kDirect;                 // kDirect: in no feed so far
    absl::InlinedVector<Number, 4> places;  // feeds it stands in
  };

  Number FeedNumber(std::string_view name);
  const Feed* FindFeed(std::string_view name) const;
  Stored& Store(FeedActivity activity, bool keep_to);
  // True: it did not stand there by this origin.
  bool Put(Stored& stored, Number feed, Number origin);
  bool PutAndFanOut(Stored& stored, Number feed);
  // Also out of where it came through `feed`. False: it was not there.
  bool TakeOut(Stored& stored, Number feed);
  void TakeOrigin(Stored& stored, Number feed, Number origin);
  void EraseEntry(Stored& stored, Number feed);
  FeedItem ItemOf(const FeedActivity& activity, const Origins& origins) const;

  FeedObserver* const observer_;
  std::deque<Feed> feeds_;
  absl::flat_hash_map<std::string, Number> numbers_;
  // Most come in the order of their times: then only the end of this is
  // touched, where a hash table would touch all its memory.
  absl::btree_map<ActivityId, std::unique_ptr<Stored>> activities_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_STORE_H_
