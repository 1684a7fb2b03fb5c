// What calls bring back. Everything is there twice: the members that programs
// use most, and the text of the service with all the others and with numbers
// as they were written.
#ifndef PLUGINS_FEED_CLIENT_FEED_RESULTS_H_
#define PLUGINS_FEED_CLIENT_FEED_RESULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/json/json_view.h"
#include "pipeline/rate/rate_budget.h"

namespace sluice::feed {

// Plain values. Members that an answer does not have are empty. Times are texts
// of the service: those of activities "2020-01-02T03:04:05.123456", in UTC.

// Of every answer.
struct FeedAnswer {
  // The whole answer, a JSON object with a `duration`; "{}" when the call had
  // nothing to send.
  std::string json;
  std::optional<RateBudget::Report> rate_limit;
};

struct Activity {
  std::string id;
  std::string foreign_id;
  std::string time;
  // JSON where enrichment put an object there.
  std::string actor;
  std::string verb;
  std::string object;
  std::string target;
  // The feed it came through by following; empty: directly.
  std::string origin;
  std::vector<std::string> to;
  std::string json;
};

// A group of an aggregated or notification feed.
struct ActivityGroup {
  std::string id;
  std::string group;
  std::string verb;
  int64_t activity_count = 0;
  int64_t actor_count = 0;
  std::string created_at;
  std::string updated_at;
  // Of notification feeds.
  std::optional<bool> is_seen;
  std::optional<bool> is_read;
  // Newest first; not always all of them.
  std::vector<Activity> activities;
  std::string json;
};

// A page of a feed, newest first: activities of a flat feed, groups of others.
struct FeedPage : FeedAnswer {
  std::vector<Activity> activities;
  std::vector<ActivityGroup> groups;
  // Path and query of the next page; empty: there is none.
  std::string next;
  // Groups of a notification feed.
  std::optional<int64_t> unseen;
  std::optional<int64_t> unread;
};

struct AddedActivity : FeedAnswer {
  // Its `json` is the whole answer.
  Activity activity;
};

struct ActivityList : FeedAnswer {
  std::vector<Activity> activities;
};

struct RemovedActivity : FeedAnswer {
  // The identifier that was given.
  std::string removed;
};

struct TargetsChange : FeedAnswer {
  Activity activity;
  std::vector<std::string> added;
  std::vector<std::string> removed;
};

struct Follow {
  // Who follows, and who is followed.
  std::string feed_id;
  std::string target_id;
  std::string created_at;
  std::string updated_at;
};

// Newest first.
struct FollowPage : FeedAnswer {
  std::vector<Follow> follows;
};

// The service counts up to 10,000.
struct FollowStats : FeedAnswer {
  int64_t followers = 0;
  int64_t following = 0;
};

struct User {
  std::string id;
  // A JSON object.
  std::string data;
  std::string created_at;
  std::string updated_at;
  std::string json;
};

struct UserAnswer : FeedAnswer {
  User user;
  // When asked for.
  std::optional<int64_t> followers_count;
  std::optional<int64_t> following_count;
};

struct UserList : FeedAnswer {
  std::vector<User> users;
};

// An object of a collection.
struct CollectionEntry {
  std::string id;
  std::string collection;
  // "collection:id".
  std::string foreign_id;
  std::string data;
  std::string created_at;
  std::string updated_at;
  std::string json;
};

struct CollectionAnswer : FeedAnswer {
  CollectionEntry entry;
};

struct CollectionList : FeedAnswer {
  std::vector<CollectionEntry> entries;
};

struct Reaction {
  std::string id;
  std::string kind;
  std::string activity_id;
  std::string user_id;
  // Of the reaction it is a child of.
  std::string parent;
  std::string data;
  std::string created_at;
  std::string updated_at;
  // While it is softly deleted.
  std::string deleted_at;
  std::string json;
};

struct ReactionAnswer : FeedAnswer {
  Reaction reaction;
};

struct ReactionPage : FeedAnswer {
  std::vector<Reaction> reactions;
  std::string next;
  // The activity that was reacted to, when asked for; its JSON.
  std::string activity;
};

// What a page shows when its address is shared (Open Graph).
struct PagePreview : FeedAnswer {
  std::string title;
  std::string description;
  std::string url;
};

// Fills `result` from the object `view`.
//   kUnknown: it lacks what this kind of answer has; the message says what.
absl::Status ReadResult(const JsonView& view, FeedAnswer* result);
absl::Status ReadResult(const JsonView& view, FeedPage* result);
absl::Status ReadResult(const JsonView& view, AddedActivity* result);
absl::Status ReadResult(const JsonView& view, ActivityList* result);
absl::Status ReadResult(const JsonView& view, RemovedActivity* result);
absl::Status ReadResult(const JsonView& view, TargetsChange* result);
absl::Status ReadResult(const JsonView& view, FollowPage* result);
absl::Status ReadResult(const JsonView& view, FollowStats* result);
absl::Status ReadResult(const JsonView& view, UserAnswer* result);
absl::Status ReadResult(const JsonView& view, UserList* result);
absl::Status ReadResult(const JsonView& view, CollectionAnswer* result);
absl::Status ReadResult(const JsonView& view, CollectionList* result);
absl::Status ReadResult(const JsonView& view, ReactionAnswer* result);
absl::Status ReadResult(const JsonView& view, ReactionPage* result);
absl::Status ReadResult(const JsonView& view, PagePreview* result);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_RESULTS_H_
