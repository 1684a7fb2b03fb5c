#include "tools/sandbox/feed/feed_routes.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pipeline/http/url.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_activity.h"

namespace sluice::sandbox {
namespace {

using Kind = FeedCallKind;
using Users = FeedUserRule;

// The first one that fits is taken. The busiest stand first.
constexpr FeedRoute kRoutes[] = {
    {"POST", "api/v1.0/feed/add_to_many", Kind::kAdd, "feed", "write",
     Users::kNothing, &AddToMany},
    {"POST", "api/v1.0/feed/{feed}", Kind::kAdd, "feed", "write",
     Users::kOwnFeed, &AddActivities},
    {"GET", "api/v1.0/feed/{feed}", Kind::kRead, "feed", "read",
     Users::kReadFeed, &ReadFeed},
    {"GET", "api/v1.0/enrich/feed/{feed}", Kind::kRead, "feed", "read",
     Users::kReadFeed, &ReadFeed},

    // Who follows whom. Clients have two words for the first of these paths.
    {"POST", "api/v1.0/feed/{feed}/follows", Kind::kFollow, "follower", "write",
     Users::kOwnFeed, &Follow},
    {"POST", "api/v1.0/feed/{feed}/following", Kind::kFollow, "follower",
     "write", Users::kOwnFeed, &Follow},
    {"GET", "api/v1.0/feed/{feed}/follows", Kind::kReadFollowing, "follower",
     "read", Users::kOwnFeed, &ReadFollowing},
    {"GET", "api/v1.0/feed/{feed}/following", Kind::kReadFollowing, "follower",
     "read", Users::kOwnFeed, &ReadFollowing},
    {"GET", "api/v1.0/feed/{feed}/followers", Kind::kReadFollowers, "follower",
     "read", Users::kOwnFeed, &ReadFollowers},
    {"DELETE", "api/v1.0/feed/{feed}/follows/{}", Kind::kUnfollow, "follower",
     "delete", Users::kOwnFeed, &Unfollow},
    {"DELETE", "api/v1.0/feed/{feed}/following/{}", Kind::kUnfollow, "follower",
     "delete", Users::kOwnFeed, &Unfollow},
    {"POST", "api/v1.0/follow_many", Kind::kFollowMany, "follower", "write",
     Users::kNothing, &FollowMany},
    {"POST", "api/v1.0/unfollow_many", Kind::kUnfollowMany, "follower", "write",
     Users::kNothing, &UnfollowMany},
    {"GET", "api/v1.0/stats/follow", Kind::kReadFollowers, "follower", "read",
     Users::kAnything, &FollowStats},

    // Foreign ids may have slashes.
    {"DELETE", "api/v1.0/feed/{feed}/{...}", Kind::kRemove, "feed", "delete",
     Users::kOwnFeed, &RemoveActivity},

    {"GET", "api/v1.0/activities", Kind::kRead, "activities", "read",
     Users::kAnything, &GetActivities},
    {"GET", "api/v1.0/enrich/activities", Kind::kRead, "activities", "read",
     Users::kAnything, &GetActivities},
    {"POST", "api/v1.0/activities", Kind::kUpdate, "activities", "write",
     Users::kNothing, &UpdateActivities},
    {"POST", "api/v1.0/activity", Kind::kUpdate, "activities", "write",
     Users::kAnything, &ChangeActivities},
    {"POST", "api/v1.0/feed_targets/{feed}/activity_to_targets",
     Kind::kUpdateTargets, "feed_targets", "write", Users::kOwnFeed,
     &ChangeTargets},

    {"POST", "api/v1.0/reaction", Kind::kReaction, "reactions", "write",
     Users::kAnything, &AddReaction},
    {"GET", "api/v1.0/reaction/get_many", Kind::kReaction, "reactions", "read",
     Users::kAnything, &GetReactions},
    {"GET", "api/v1.0/reaction/{}", Kind::kReaction, "reactions", "read",
     Users::kAnything, &GetReaction},
    {"PUT", "api/v1.0/reaction/{}", Kind::kReaction, "reactions", "write",
     Users::kAnything, &UpdateReaction},
    {"DELETE", "api/v1.0/reaction/{}", Kind::kReaction, "reactions", "delete",
     Users::kAnything, &DeleteReaction},
    {"PUT", "api/v1.0/reaction/{}/restore", Kind::kReaction, "reactions",
     "write", Users::kAnything, &RestoreReaction},
    {"GET", "api/v1.0/reaction/{}/{}", Kind::kReaction, "reactions", "read",
     Users::kAnything, &FilterReactions},
    {"GET", "api/v1.0/reaction/{}/{}/{}", Kind::kReaction, "reactions", "read",
     Users::kAnything, &FilterReactions},

    {"POST", "api/v1.0/user", Kind::kObject, "users", "write", Users::kAnything,
     &AddUser},
    {"GET", "api/v1.0/user/{}", Kind::kObject, "users", "read",
     Users::kAnything, &GetUser},
    {"PUT", "api/v1.0/user/{}", Kind::kObject, "users", "write",
     Users::kAnything, &UpdateUser},
    {"DELETE", "api/v1.0/user/{}", Kind::kObject, "users", "delete",
     Users::kAnything, &DeleteUser},
    {"POST", "api/v1.0/users", Kind::kObject, "users", "write", Users::kNothing,
     &AddUsers},
    {"GET", "api/v1.0/users", Kind::kObject, "users", "read", Users::kAnything,
     &GetUsers},
    {"DELETE", "api/v1.0/users", Kind::kObject, "users", "delete",
     Users::kNothing, &DeleteUsers},

    {"POST", "api/v1.0/collections", Kind::kObjectMany, "collections", "write",
     Users::kNothing, &UpsertObjects},
    {"GET", "api/v1.0/collections", Kind::kObjectMany, "collections", "read",
     Users::kAnything, &SelectObjects},
    {"DELETE", "api/v1.0/collections", Kind::kObjectMany, "collections",
     "delete", Users::kNothing, &DeleteObjects},
    {"POST", "api/v1.0/collections/{}", Kind::kObject, "collections", "write",
     Users::kAnything, &AddObject},
    {"GET", "api/v1.0/collections/{}/{}", Kind::kObject, "collections", "read",
     Users::kAnything, &GetObject},
    {"PUT", "api/v1.0/collections/{}/{}", Kind::kObject, "collections", "write",
     Users::kAnything, &UpdateObject},
    {"DELETE", "api/v1.0/collections/{}/{}", Kind::kObject, "collections",
     "delete", Users::kAnything, &DeleteObject},

    {"GET", "api/v1.0/og", Kind::kOther, "url", "read", Users::kAnything,
     &ReadOpenGraph},
    {"POST", "analytics/v1.0/engagement", Kind::kOther, "analytics", "write",
     Users::kAnything, &TrackEngagements},
    {"POST", "analytics/v1.0/impression", Kind::kOther, "analytics", "write",
     Users::kAnything, &TrackImpressions},
    {"GET", "analytics/redirect", Kind::kOther, "redirect_and_track", "read",
     Users::kNothing, &FollowRedirect},
    {"GET", "analytics/v1.0/redirect", Kind::kOther, "redirect_and_track",
     "read", Users::kNothing, &FollowRedirect},
    {"GET", "api/v1.0/enrich/personalization/feed", Kind::kOther,
     "personalization", "read", Users::kAnything, &Personalize},
    {"GET", "personalization/v1.0/{...}", Kind::kOther, "personalization",
     "read", Users::kNothing, &Personalize},
    {"POST", "personalization/v1.0/{...}", Kind::kOther, "personalization",
     "write", Users::kNothing, &Personalize},
    {"DELETE", "personalization/v1.0/{...}", Kind::kOther, "personalization",
     "delete", Users::kNothing, &Personalize},
};

using Parts = std::vector<std::string_view>;

Parts Split(std::string_view path) {
  Parts parts;
  for (const absl::string_view part :
       absl::StrSplit(ToAbsl(path), '/', absl::SkipEmpty())) {
    parts.emplace_back(part.data(), part.size());
  }
  return parts;
}

const std::vector<Parts>& Patterns() {
  static const auto& patterns = *[] {
    auto* all = new std::vector<Parts>();
    for (const FeedRoute& route : kRoutes) all->push_back(Split(route.path));
    return all;
  }();
  return patterns;
}

// Takes group and id at parts[at].
bool TakeFeed(const Parts& parts, size_t at, std::string& feed) {
  if (at + 2 > parts.size()) return false;
  feed =
      absl::StrCat(PercentDecode(parts[at]), ":", PercentDecode(parts[at + 1]));
  return IsFeedId(feed);
}

bool Matches(const Parts& pattern, const Parts& parts, FeedMatch& match) {
  match.values.clear();
  match.feed.clear();
  size_t at = 0;
  for (const std::string_view piece : pattern) {
    if (at >= parts.size()) return false;
    if (piece == "{feed}") {
      if (!TakeFeed(parts, at, match.feed)) return false;
      ++at;
    } else if (piece == "{...}") {
      std::string rest = PercentDecode(parts[at]);
      while (++at < parts.size()) {
        absl::StrAppend(&rest, "/", PercentDecode(parts[at]));
      }
      match.values.push_back(std::move(rest));
      return true;
    } else if (piece == "{}") {
      match.values.push_back(PercentDecode(parts[at]));
    } else if (piece != parts[at]) {
      return false;
    }
    ++at;
  }
  return at == parts.size();
}

}  // namespace

FeedMatch FindFeedRoute(std::string_view method, std::string_view path) {
  const Parts parts = Split(path);
  FeedMatch match;
  for (size_t i = 0; i < Patterns().size(); ++i) {
    // A path that another method leads to is looked for only until then.
    const bool same = kRoutes[i].method == method;
    if (!same && match.outcome == FeedMatch::Outcome::kOtherMethod) continue;
    if (!Matches(Patterns()[i], parts, match)) continue;
    if (same) {
      match.outcome = FeedMatch::Outcome::kFound;
      match.route = &kRoutes[i];
      return match;
    }
    match.outcome = FeedMatch::Outcome::kOtherMethod;
  }
  return match;
}

}  // namespace sluice::sandbox
