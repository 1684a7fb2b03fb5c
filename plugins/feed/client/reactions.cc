#include "plugins/feed/client/reactions.h"

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

Claims ReactionsClaims() {
  return {.action = "*", .resource = "reactions", .feed_id = "*"};
}

// stream-python sends null for what is not given.
absl::Status AddObject(std::string_view name, std::string_view json,
                       JsonObjectText* body) {
  if (!json.empty()) {
    SLUICE_RETURN_IF_ERROR(ParseObject(name, json).status());
  }
  body->Add(name, json.empty() ? "null" : json);
  return absl::OkStatus();
}

absl::Status AddTargets(const std::vector<std::string>& feeds,
                        JsonObjectText* body) {
  body->Add("target_feeds", feeds.empty() ? "null" : JsonArrayOfStrings(feeds));
  return CheckFeeds("target_feeds", feeds);
}

// `parent` names what is reacted to: "activity_id" or "parent".
absl::StatusOr<FeedRequest> AddRequest(std::string_view argument,
                                       std::string_view parent,
                                       std::string_view parent_id,
                                       const NewReaction& reaction) {
  SLUICE_RETURN_IF_ERROR(CheckText(argument, parent_id));
  SLUICE_RETURN_IF_ERROR(CheckText("kind", reaction.kind));
  SLUICE_RETURN_IF_ERROR(CheckText("user_id", reaction.user_id));
  JsonObjectText body;
  body.AddString("kind", reaction.kind).AddString(parent, parent_id);
  SLUICE_RETURN_IF_ERROR(AddObject("data", reaction.data, &body));
  SLUICE_RETURN_IF_ERROR(AddTargets(reaction.target_feeds, &body));
  SLUICE_RETURN_IF_ERROR(AddObject("target_feeds_extra_data",
                                   reaction.target_feeds_extra_data, &body));
  body.AddString("user_id", reaction.user_id);
  return FeedRequest{.method = "POST",
                     .path = "reaction/",
                     .body = body.text(),
                     .claims = ReactionsClaims()};
}

absl::StatusOr<FeedRequest> ReactionRequest(std::string_view method,
                                            std::string_view reaction_id) {
  SLUICE_RETURN_IF_ERROR(CheckSegment("reaction_id", reaction_id));
  return FeedRequest{
      .method = std::string(method),
      .path = absl::StrCat("reaction/", PathSegment(reaction_id), "/"),
      .claims = ReactionsClaims()};
}

absl::StatusOr<FeedRequest> GetManyRequest(const std::vector<std::string>& ids,
                                           bool include_deleted) {
  SLUICE_ASSIGN_OR_RETURN(std::string list, JoinList("ids", ids));
  FeedRequest request{.method = "GET",
                      .path = "reaction/get_many/",
                      .query = {{"ids", std::move(list)}},
                      .claims = ReactionsClaims()};
  if (include_deleted) {
    request.query.emplace_back("include_deleted", QueryFlag(true));
  }
  return request;
}

absl::StatusOr<FeedRequest> UpdateRequest(
    std::string_view reaction_id, std::string_view data,
    const std::vector<std::string>& target_feeds) {
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request,
                          ReactionRequest("PUT", reaction_id));
  JsonObjectText body;
  SLUICE_RETURN_IF_ERROR(AddObject("data", data, &body));
  SLUICE_RETURN_IF_ERROR(AddTargets(target_feeds, &body));
  request.body = body.text();
  return request;
}

absl::StatusOr<FeedRequest> DeleteRequest(std::string_view reaction_id,
                                          bool soft) {
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request,
                          ReactionRequest("DELETE", reaction_id));
  request.query.emplace_back("soft", QueryFlag(soft));
  return request;
}

absl::StatusOr<FeedRequest> RestoreRequest(std::string_view reaction_id) {
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request,
                          ReactionRequest("PUT", reaction_id));
  absl::StrAppend(&request.path, "restore/");
  return request;
}

std::string LookupName(ReactionLookup lookup) {
  switch (lookup) {
    case ReactionLookup::kActivity:
      return "activity_id";
    case ReactionLookup::kUser:
      return "user_id";
    case ReactionLookup::kReaction:
      return "reaction_id";
  }
  return "";
}

absl::StatusOr<FeedRequest> FilterRequest(const ReactionFilter& filter) {
  const std::string lookup = LookupName(filter.lookup);
  SLUICE_RETURN_IF_ERROR(CheckSegment(lookup, filter.id));
  SLUICE_RETURN_IF_ERROR(CheckCount("limit", filter.limit));
  FeedRequest request{.method = "GET",
                      .path = absl::StrCat("reaction/", lookup, "/",
                                           PathSegment(filter.id), "/"),
                      .claims = ReactionsClaims()};
  if (!filter.kind.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckSegment("kind", filter.kind));
    absl::StrAppend(&request.path, PathSegment(filter.kind), "/");
  }
  AddIfGiven("limit", filter.limit, &request.query);
  AddIfGiven("id_lt", filter.id_lt, &request.query);
  AddIfGiven("id_lte", filter.id_lte, &request.query);
  AddIfGiven("id_gt", filter.id_gt, &request.query);
  AddIfGiven("id_gte", filter.id_gte, &request.query);
  if (filter.with_activity_data) {
    request.query.emplace_back("with_activity_data", QueryFlag(true));
  }
  return request;
}

}  // namespace

std::unique_ptr<HttpCall> Reactions::Add(std::string_view activity_id,
                                         const NewReaction& reaction,
                                         FeedDone<ReactionAnswer> done) {
  return connection_->Call<ReactionAnswer>(
      AddRequest("activity_id", "activity_id", activity_id, reaction),
      std::move(done));
}

std::unique_ptr<HttpCall> Reactions::AddChild(std::string_view parent_id,
                                              const NewReaction& reaction,
                                              FeedDone<ReactionAnswer> done) {
  return connection_->Call<ReactionAnswer>(
      AddRequest("parent_id", "parent", parent_id, reaction), std::move(done));
}

std::unique_ptr<HttpCall> Reactions::Get(std::string_view reaction_id,
                                         FeedDone<ReactionAnswer> done) {
  return connection_->Call<ReactionAnswer>(ReactionRequest("GET", reaction_id),
                                           std::move(done));
}

std::unique_ptr<HttpCall> Reactions::GetMany(
    const std::vector<std::string>& ids, bool include_deleted,
    FeedDone<ReactionPage> done) {
  return connection_->Call<ReactionPage>(GetManyRequest(ids, include_deleted),
                                         std::move(done));
}

std::unique_ptr<HttpCall> Reactions::Update(
    std::string_view reaction_id, std::string_view data,
    const std::vector<std::string>& target_feeds,
    FeedDone<ReactionAnswer> done) {
  return connection_->Call<ReactionAnswer>(
      UpdateRequest(reaction_id, data, target_feeds), std::move(done));
}

std::unique_ptr<HttpCall> Reactions::Delete(std::string_view reaction_id,
                                            bool soft,
                                            FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(DeleteRequest(reaction_id, soft),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Reactions::Restore(std::string_view reaction_id,
                                             FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(RestoreRequest(reaction_id),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Reactions::Filter(const ReactionFilter& filter,
                                            FeedDone<ReactionPage> done) {
  return connection_->Call<ReactionPage>(FilterRequest(filter),
                                         std::move(done));
}

}  // namespace sluice::feed
