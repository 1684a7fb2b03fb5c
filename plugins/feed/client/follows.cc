#include "plugins/feed/client/follows.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

// https://getstream.io/activity-feeds/docs/python/following/
constexpr int64_t kMaxCopyLimit = 1'000;

absl::Status CheckCopyLimit(std::string_view argument,
                            const std::optional<int64_t>& limit) {
  if (!limit.has_value() || (*limit >= 0 && *limit <= kMaxCopyLimit)) {
    return absl::OkStatus();
  }
  return ArgumentError(
      argument,
      absl::StrCat(*limit, " is not allowed; give 0 to ", kMaxCopyLimit));
}

std::string FollowsPath(const FeedName& feed, std::string_view list) {
  return absl::StrCat(FeedPath("feed", feed), std::string(list), "/");
}

Claims FollowerClaims(std::string_view action, std::string feed_id) {
  return {.action = std::string(action),
          .resource = "follower",
          .feed_id = std::move(feed_id)};
}

absl::StatusOr<FeedRequest> AddRequest(
    std::string_view source, std::string_view target,
    std::optional<int64_t> activity_copy_limit) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("source", source));
  SLUICE_RETURN_IF_ERROR(ParseFeed("target", target).status());
  SLUICE_RETURN_IF_ERROR(
      CheckCopyLimit("activity_copy_limit", activity_copy_limit));
  // stream-python also sends a token for the target, which no other client
  // does and the service does not need.
  JsonObjectText body;
  body.AddString("target", target);
  if (activity_copy_limit.has_value()) {
    body.AddInteger("activity_copy_limit", *activity_copy_limit);
  }
  return FeedRequest{.method = "POST",
                     .path = FollowsPath(name, "follows"),
                     .body = body.text(),
                     .claims = FollowerClaims("write", name.together())};
}

absl::StatusOr<FeedRequest> RemoveRequest(std::string_view source,
                                          std::string_view target,
                                          bool keep_history) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("source", source));
  SLUICE_RETURN_IF_ERROR(ParseFeed("target", target).status());
  FeedRequest request{.method = "DELETE",
                      .path = absl::StrCat(FollowsPath(name, "follows"),
                                           PathSegment(target), "/"),
                      .claims = FollowerClaims("delete", name.together())};
  if (keep_history) {
    request.query.emplace_back("keep_history", QueryFlag(true));
  }
  return request;
}

absl::StatusOr<FeedRequest> ListRequest(std::string_view feed,
                                        std::string_view list,
                                        const FollowListOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  SLUICE_RETURN_IF_ERROR(CheckCount("limit", options.limit));
  SLUICE_RETURN_IF_ERROR(CheckCount("offset", options.offset));
  SLUICE_RETURN_IF_ERROR(CheckFeeds("feeds", options.feeds));
  return FeedRequest{.method = "GET",
                     .path = FollowsPath(name, list),
                     .query = {{"limit", absl::StrCat(options.limit)},
                               {"offset", absl::StrCat(options.offset)},
                               {"filter", absl::StrJoin(options.feeds, ",")}},
                     .claims = FollowerClaims("read", name.together())};
}

// {"source":..,"target":..} of the follow at `index` of `argument`.
absl::StatusOr<JsonObjectText> Pair(std::string_view argument, size_t index,
                                    std::string_view source,
                                    std::string_view target) {
  const std::string at = absl::StrCat(std::string(argument), "[", index, "].");
  SLUICE_RETURN_IF_ERROR(ParseFeed(at + "source", source).status());
  SLUICE_RETURN_IF_ERROR(ParseFeed(at + "target", target).status());
  JsonObjectText pair;
  pair.AddString("source", source).AddString("target", target);
  return pair;
}

absl::StatusOr<FeedRequest> AddManyRequest(
    const std::vector<NewFollow>& follows,
    std::optional<int64_t> activity_copy_limit) {
  SLUICE_RETURN_IF_ERROR(
      CheckCopyLimit("activity_copy_limit", activity_copy_limit));
  std::vector<std::string> pairs;
  for (size_t i = 0; i < follows.size(); ++i) {
    const NewFollow& follow = follows[i];
    SLUICE_ASSIGN_OR_RETURN(JsonObjectText pair,
                            Pair("follows", i, follow.source, follow.target));
    SLUICE_RETURN_IF_ERROR(
        CheckCopyLimit(absl::StrCat("follows[", i, "].activity_copy_limit"),
                       follow.activity_copy_limit));
    if (follow.activity_copy_limit.has_value()) {
      pair.AddInteger("activity_copy_limit", *follow.activity_copy_limit);
    }
    pairs.push_back(pair.text());
  }
  FeedRequest request{.method = "POST",
                      .path = "follow_many/",
                      .body = JsonArrayOf(pairs),
                      .claims = FollowerClaims("*", "*")};
  AddIfGiven("activity_copy_limit", activity_copy_limit, &request.query);
  return request;
}

absl::StatusOr<FeedRequest> RemoveManyRequest(
    const std::vector<OldFollow>& follows) {
  std::vector<std::string> pairs;
  for (size_t i = 0; i < follows.size(); ++i) {
    const OldFollow& follow = follows[i];
    SLUICE_ASSIGN_OR_RETURN(JsonObjectText pair,
                            Pair("follows", i, follow.source, follow.target));
    if (follow.keep_history) pair.Add("keep_history", "true");
    pairs.push_back(pair.text());
  }
  return FeedRequest{.method = "POST",
                     .path = "unfollow_many/",
                     .body = JsonArrayOf(pairs),
                     .claims = FollowerClaims("*", "*")};
}

absl::Status AddSlugs(std::string_view name,
                      const std::vector<std::string>& slugs, FeedQuery* query) {
  if (slugs.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(std::string list, JoinList(name, slugs));
  query->emplace_back(name, std::move(list));
  return absl::OkStatus();
}

absl::StatusOr<FeedRequest> StatsRequest(std::string_view feed,
                                         const FollowStatsOptions& options) {
  SLUICE_RETURN_IF_ERROR(ParseFeed("feed", feed).status());
  FeedRequest request{
      .method = "GET",
      .path = "stats/follow/",
      .query = {{"followers", std::string(feed)},
                {"following", std::string(feed)}},
      .claims = {.action = "*", .resource = "*", .feed_id = "*"}};
  SLUICE_RETURN_IF_ERROR(
      AddSlugs("followers_slugs", options.followers_slugs, &request.query));
  SLUICE_RETURN_IF_ERROR(
      AddSlugs("following_slugs", options.following_slugs, &request.query));
  return request;
}

}  // namespace

std::unique_ptr<HttpCall> Follows::Add(
    std::string_view source, std::string_view target,
    std::optional<int64_t> activity_copy_limit, FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(
      AddRequest(source, target, activity_copy_limit), std::move(done));
}

std::unique_ptr<HttpCall> Follows::Remove(std::string_view source,
                                          std::string_view target,
                                          bool keep_history,
                                          FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(
      RemoveRequest(source, target, keep_history), std::move(done));
}

std::unique_ptr<HttpCall> Follows::Followers(std::string_view feed,
                                             const FollowListOptions& options,
                                             FeedDone<FollowPage> done) {
  return connection_->Call<FollowPage>(ListRequest(feed, "followers", options),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Follows::Following(std::string_view feed,
                                             const FollowListOptions& options,
                                             FeedDone<FollowPage> done) {
  return connection_->Call<FollowPage>(ListRequest(feed, "follows", options),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Follows::AddMany(
    const std::vector<NewFollow>& follows,
    std::optional<int64_t> activity_copy_limit, FeedDone<FeedAnswer> done) {
  absl::StatusOr<FeedRequest> request =
      AddManyRequest(follows, activity_copy_limit);
  if (request.ok() && follows.empty()) {
    return connection_->Finish<FeedAnswer>(FeedAnswer{.json = "{}"},
                                           std::move(done));
  }
  return connection_->Call<FeedAnswer>(std::move(request), std::move(done));
}

std::unique_ptr<HttpCall> Follows::RemoveMany(
    const std::vector<OldFollow>& follows, FeedDone<FeedAnswer> done) {
  absl::StatusOr<FeedRequest> request = RemoveManyRequest(follows);
  if (request.ok() && follows.empty()) {
    return connection_->Finish<FeedAnswer>(FeedAnswer{.json = "{}"},
                                           std::move(done));
  }
  return connection_->Call<FeedAnswer>(std::move(request), std::move(done));
}

std::unique_ptr<HttpCall> Follows::Stats(std::string_view feed,
                                         const FollowStatsOptions& options,
                                         FeedDone<FollowStats> done) {
  return connection_->Call<FollowStats>(StatsRequest(feed, options),
                                        std::move(done));
}

}  // namespace sluice::feed
