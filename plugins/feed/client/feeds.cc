#include "plugins/feed/client/feeds.h"

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

// https://getstream.io/activity-feeds/docs/python/add_many_activities/
constexpr size_t kMaxFeedsOfOne = 5'000;

Claims FeedClaims(std::string_view action, const FeedName& feed) {
  return {.action = std::string(action),
          .resource = "feed",
          .feed_id = feed.together()};
}

absl::Status AddMark(std::string_view name, const FeedMark& mark,
                     FeedQuery* query) {
  if (mark.all && !mark.ids.empty()) {
    return ArgumentError(name, "is for all groups or for some, not both");
  }
  if (mark.all) query->emplace_back(name, QueryFlag(true));
  if (mark.ids.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(std::string ids, JoinList(name, mark.ids));
  query->emplace_back(name, std::move(ids));
  return absl::OkStatus();
}

absl::StatusOr<FeedQuery> ReadQuery(const ReadOptions& options) {
  SLUICE_RETURN_IF_ERROR(CheckCount("limit", options.limit));
  SLUICE_RETURN_IF_ERROR(CheckCount("offset", options.offset));
  FeedQuery query;
  AddIfGiven("limit", options.limit, &query);
  AddIfGiven("offset", options.offset, &query);
  AddIfGiven("id_lt", options.id_lt, &query);
  AddIfGiven("id_lte", options.id_lte, &query);
  AddIfGiven("id_gt", options.id_gt, &query);
  AddIfGiven("id_gte", options.id_gte, &query);
  AddIfGiven("ranking", options.ranking, &query);
  if (!options.ranking_vars.empty()) {
    SLUICE_RETURN_IF_ERROR(
        ParseObject("ranking_vars", options.ranking_vars).status());
    // The name in stream-js 8.14.0 src/feed.ts.
    query.emplace_back("rankingVars", options.ranking_vars);
  }
  SLUICE_RETURN_IF_ERROR(AddMark("mark_read", options.mark_read, &query));
  SLUICE_RETURN_IF_ERROR(AddMark("mark_seen", options.mark_seen, &query));
  SLUICE_RETURN_IF_ERROR(AddEnrichment(options.enrichment, &query));
  AddIfGiven("user_id", options.user_id, &query);
  query.insert(query.end(), options.more.begin(), options.more.end());
  return query;
}

absl::StatusOr<FeedRequest> GetRequest(std::string_view feed,
                                       const ReadOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  SLUICE_ASSIGN_OR_RETURN(FeedQuery query, ReadQuery(options));
  const bool enrich = options.enrichment.wanted();
  return FeedRequest{.method = "GET",
                     .path = FeedPath(enrich ? "enrich/feed" : "feed", name),
                     .query = std::move(query),
                     .claims = FeedClaims("read", name)};
}

absl::StatusOr<FeedRequest> AddRequest(std::string_view feed,
                                       std::string body) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  return FeedRequest{.method = "POST",
                     .path = FeedPath("feed", name),
                     .body = std::move(body),
                     .claims = FeedClaims("write", name)};
}

absl::StatusOr<FeedRequest> AddOneRequest(std::string_view feed,
                                          std::string_view activity) {
  SLUICE_RETURN_IF_ERROR(CheckActivity("activity", activity));
  return AddRequest(feed, std::string(activity));
}

absl::StatusOr<FeedRequest> AddBatchRequest(
    std::string_view feed, const std::vector<std::string>& activities) {
  SLUICE_RETURN_IF_ERROR(CheckActivities("activities", activities));
  return AddRequest(
      feed, JsonObjectText().Add("activities", JsonArrayOf(activities)).text());
}

absl::StatusOr<FeedRequest> AddToManyRequest(
    std::string_view activity, const std::vector<std::string>& feeds) {
  SLUICE_RETURN_IF_ERROR(CheckActivity("activity", activity));
  if (ParseObject("activity", activity)->Find("to").has_value()) {
    return ArgumentError("activity.to",
                         "is not allowed when adding to many feeds");
  }
  if (feeds.empty() || feeds.size() > kMaxFeedsOfOne) {
    return ArgumentError(
        "feeds", absl::StrCat(feeds.size(), " are not allowed; give 1 to ",
                              kMaxFeedsOfOne));
  }
  SLUICE_RETURN_IF_ERROR(CheckFeeds("feeds", feeds));
  return FeedRequest{
      .method = "POST",
      .path = "feed/add_to_many/",
      .body = JsonObjectText()
                  .Add("activity", activity)
                  .AddStrings("feeds", feeds)
                  .text(),
      .claims = {.action = "*", .resource = "feed", .feed_id = "*"}};
}

absl::StatusOr<FeedRequest> RemoveRequest(std::string_view feed,
                                          std::string_view argument,
                                          std::string_view identifier,
                                          bool is_foreign) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  SLUICE_RETURN_IF_ERROR(CheckSegment(argument, identifier));
  FeedRequest request{.method = "DELETE",
                      .path = absl::StrCat(FeedPath("feed", name),
                                           PathSegment(identifier), "/"),
                      .claims = FeedClaims("delete", name)};
  if (is_foreign) request.query.emplace_back("foreign_id", "1");
  return request;
}

absl::StatusOr<std::string> TargetsBody(std::string_view foreign_id,
                                        std::string_view time,
                                        const TargetsUpdate& update) {
  SLUICE_RETURN_IF_ERROR(CheckText("foreign_id", foreign_id));
  SLUICE_RETURN_IF_ERROR(CheckTime("time", time));
  JsonObjectText body;
  body.AddString("foreign_id", foreign_id).AddString("time", time);
  const bool changes =
      !update.added_targets.empty() || !update.removed_targets.empty();
  if (!update.new_targets.empty() && changes) {
    return ArgumentError("new_targets",
                         "not together with added_targets or removed_targets");
  }
  if (update.new_targets.empty() && !changes) {
    return ArgumentError(
        "new_targets",
        "one of new_targets, added_targets and removed_targets is needed");
  }
  const auto add = [&body](std::string_view name,
                           const std::vector<std::string>& feeds) {
    if (!feeds.empty()) body.AddStrings(name, feeds);
    return CheckFeeds(name, feeds);
  };
  SLUICE_RETURN_IF_ERROR(add("new_targets", update.new_targets));
  SLUICE_RETURN_IF_ERROR(add("added_targets", update.added_targets));
  SLUICE_RETURN_IF_ERROR(add("removed_targets", update.removed_targets));
  return body.text();
}

absl::StatusOr<FeedRequest> TargetsRequest(std::string_view feed,
                                           std::string_view foreign_id,
                                           std::string_view time,
                                           const TargetsUpdate& update) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  SLUICE_ASSIGN_OR_RETURN(std::string body,
                          TargetsBody(foreign_id, time, update));
  return FeedRequest{.method = "POST",
                     .path = absl::StrCat(FeedPath("feed_targets", name),
                                          "activity_to_targets/"),
                     .body = std::move(body),
                     .claims = {.action = "write",
                                .resource = "feed_targets",
                                .feed_id = name.together()}};
}

}  // namespace

absl::Status AddEnrichment(const Enrichment& enrichment, FeedQuery* query) {
  const auto add = [query](const char* name, bool wanted) {
    if (wanted) query->emplace_back(name, QueryFlag(true));
  };
  add("withOwnReactions", enrichment.own_reactions);
  add("withRecentReactions", enrichment.recent_reactions);
  add("withReactionCounts", enrichment.reaction_counts);
  if (enrichment.reaction_kinds.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(
      std::string kinds, JoinList("reaction_kinds", enrichment.reaction_kinds));
  query->emplace_back("reactionKindsFilter", std::move(kinds));
  return absl::OkStatus();
}

std::unique_ptr<HttpCall> Feeds::Get(std::string_view feed,
                                     const ReadOptions& options,
                                     FeedDone<FeedPage> done) {
  return connection_->Call<FeedPage>(GetRequest(feed, options),
                                     std::move(done));
}

std::unique_ptr<HttpCall> Feeds::Add(std::string_view feed,
                                     std::string_view activity,
                                     FeedDone<AddedActivity> done) {
  return connection_->Call<AddedActivity>(AddOneRequest(feed, activity),
                                          std::move(done));
}

std::unique_ptr<HttpCall> Feeds::AddBatch(
    std::string_view feed, const std::vector<std::string>& activities,
    FeedDone<ActivityList> done) {
  absl::StatusOr<FeedRequest> request = AddBatchRequest(feed, activities);
  if (request.ok() && activities.empty()) {
    ActivityList none;
    none.json = "{}";
    return connection_->Finish<ActivityList>(std::move(none), std::move(done));
  }
  return connection_->Call<ActivityList>(std::move(request), std::move(done));
}

std::unique_ptr<HttpCall> Feeds::AddToMany(
    std::string_view activity, const std::vector<std::string>& feeds,
    FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(AddToManyRequest(activity, feeds),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Feeds::Remove(std::string_view feed,
                                        std::string_view activity_id,
                                        FeedDone<RemovedActivity> done) {
  return connection_->Call<RemovedActivity>(
      RemoveRequest(feed, "activity_id", activity_id, /*is_foreign=*/false),
      std::move(done));
}

std::unique_ptr<HttpCall> Feeds::RemoveByForeignId(
    std::string_view feed, std::string_view foreign_id,
    FeedDone<RemovedActivity> done) {
  return connection_->Call<RemovedActivity>(
      RemoveRequest(feed, "foreign_id", foreign_id, /*is_foreign=*/true),
      std::move(done));
}

std::unique_ptr<HttpCall> Feeds::UpdateTargets(std::string_view feed,
                                               std::string_view foreign_id,
                                               std::string_view time,
                                               const TargetsUpdate& update,
                                               FeedDone<TargetsChange> done) {
  return connection_->Call<TargetsChange>(
      TargetsRequest(feed, foreign_id, time, update), std::move(done));
}

}  // namespace sluice::feed
