// One request to the emulated feed service, and the functions that answer it.
#ifndef TOOLS_SANDBOX_FEED_FEED_CALLS_H_
#define TOOLS_SANDBOX_FEED_FEED_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/http/http_server.h"
#include "pipeline/json/json_view.h"
#include "tools/sandbox/feed/feed_store.h"

namespace sluice::sandbox {

class FeedService;

// A request, its path and query taken apart and decoded; all of it is UTF-8.
struct FeedCall {
  const HttpServerRequest& request;
  std::vector<std::pair<std::string, std::string>> parameters;
  // What stands at the places of the route's path that have names, but for the
  // feed.
  std::vector<std::string> values;
  std::string feed;  // "user:1" of paths that name one
  std::string user;  // whose token it came with; empty: a server's
  bool enriched = false;

  bool is_server() const { return user.empty(); }
  // Empty when absent.
  std::string_view Parameter(std::string_view name) const;
  // "true", "True", "1", ...: all but "", "false", "f" and "0", in any case.
  bool Flag(std::string_view name) const;
  // The same parameter in either spelling: withOwnReactions,
  // with_own_reactions.
  bool Flag(std::string_view name, std::string_view snake_case) const;
  // Comma-joined, or given repeatedly.
  std::vector<std::string> List(std::string_view name) const;
  // A number, `standard` when it is none, `most` when it is above.
  size_t Count(std::string_view name, size_t standard, size_t most) const;
};

// Answers a call that is allowed, well within its size and rate.
using FeedHandler = HttpResponse (*)(FeedService&, const FeedCall&);

// feed_activity_calls.cc: adding, reading and removing, one or many.
HttpResponse AddActivities(FeedService& service, const FeedCall& call);
HttpResponse AddToMany(FeedService& service, const FeedCall& call);
HttpResponse RemoveActivity(FeedService& service, const FeedCall& call);
HttpResponse GetActivities(FeedService& service, const FeedCall& call);

// feed_read_calls.cc
HttpResponse ReadFeed(FeedService& service, const FeedCall& call);

// feed_update_calls.cc: changing activities that are there.
HttpResponse UpdateActivities(FeedService& service, const FeedCall& call);
HttpResponse ChangeActivities(FeedService& service, const FeedCall& call);
HttpResponse ChangeTargets(FeedService& service, const FeedCall& call);

// feed_follow_calls.cc
HttpResponse Follow(FeedService& service, const FeedCall& call);
HttpResponse FollowMany(FeedService& service, const FeedCall& call);
HttpResponse Unfollow(FeedService& service, const FeedCall& call);
HttpResponse UnfollowMany(FeedService& service, const FeedCall& call);
HttpResponse ReadFollowing(FeedService& service, const FeedCall& call);
HttpResponse ReadFollowers(FeedService& service, const FeedCall& call);
HttpResponse FollowStats(FeedService& service, const FeedCall& call);

// feed_user_calls.cc
HttpResponse AddUser(FeedService& service, const FeedCall& call);
HttpResponse GetUser(FeedService& service, const FeedCall& call);
HttpResponse UpdateUser(FeedService& service, const FeedCall& call);
HttpResponse DeleteUser(FeedService& service, const FeedCall& call);
HttpResponse AddUsers(FeedService& service, const FeedCall& call);
HttpResponse GetUsers(FeedService& service, const FeedCall& call);
HttpResponse DeleteUsers(FeedService& service, const FeedCall& call);

// feed_collection_calls.cc
HttpResponse AddObject(FeedService& service, const FeedCall& call);
HttpResponse GetObject(FeedService& service, const FeedCall& call);
HttpResponse UpdateObject(FeedService& service, const FeedCall& call);
HttpResponse DeleteObject(FeedService& service, const FeedCall& call);
HttpResponse UpsertObjects(FeedService& service, const FeedCall& call);
HttpResponse SelectObjects(FeedService& service, const FeedCall& call);
HttpResponse DeleteObjects(FeedService& service, const FeedCall& call);

// feed_reaction_calls.cc
HttpResponse AddReaction(FeedService& service, const FeedCall& call);
HttpResponse GetReaction(FeedService& service, const FeedCall& call);
HttpResponse GetReactions(FeedService& service, const FeedCall& call);
HttpResponse UpdateReaction(FeedService& service, const FeedCall& call);
HttpResponse DeleteReaction(FeedService& service, const FeedCall& call);
HttpResponse RestoreReaction(FeedService& service, const FeedCall& call);
HttpResponse FilterReactions(FeedService& service, const FeedCall& call);

// feed_other_calls.cc: analytics, open graph, personalization.
HttpResponse TrackEngagements(FeedService& service, const FeedCall& call);
HttpResponse TrackImpressions(FeedService& service, const FeedCall& call);
HttpResponse FollowRedirect(FeedService& service, const FeedCall& call);
HttpResponse ReadOpenGraph(FeedService& service, const FeedCall& call);
HttpResponse Personalize(FeedService& service, const FeedCall& call);

// What several of them need.

// Nullopt: no JSON, or nested deeper than kMaxFeedDepth. Borrows `body`.
std::optional<JsonView> ParseBody(std::string_view body);
// The same of an object.
std::optional<JsonView> ParseObjectBody(std::string_view body);
// Nullopt: no such member, or of another type.
std::optional<JsonView> ObjectMember(const JsonView& object,
                                     std::string_view name);
// Absent and null: empty. Other values than texts: their JSON.
std::string TextMember(const JsonView& object, std::string_view name);
// Whether it is there and true.
bool FlagMember(const JsonView& object, std::string_view name);
// Feeds of a list of texts, of which only what stands before a space counts.
// No list: none. Nullopt: one is no feed.
std::optional<std::vector<std::string>> FeedList(
    const std::optional<std::vector<JsonView>>& list);
// The part of a list that id_lt, id_lte, id_gt, id_gte, limit and offset ask
// for. Nullopt: `refusal` says why.
std::optional<FeedRange> RangeOf(const FeedCall& call, HttpResponse& refusal);
// Path and query of the page after `last`; `bound` ("id_lt", "id_gt") is what
// it is bound by.
std::string NextPage(const FeedCall& call, std::string_view bound,
                     std::string_view last);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_CALLS_H_
