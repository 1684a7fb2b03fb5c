#include "plugins/feed/client/users.h"

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

Claims UsersClaims() {
  return {.action = "*", .resource = "users", .feed_id = "*"};
}

// The data of a user as a body has it.
absl::StatusOr<std::string> DataText(std::string_view data) {
  if (data.empty()) return "null";
  SLUICE_RETURN_IF_ERROR(ParseObject("data", data).status());
  return std::string(data);
}

absl::StatusOr<FeedRequest> UserRequest(std::string_view method,
                                        std::string_view user_id) {
  SLUICE_RETURN_IF_ERROR(CheckSegment("user_id", user_id));
  return FeedRequest{.method = std::string(method),
                     .path = absl::StrCat("user/", PathSegment(user_id), "/"),
                     .claims = UsersClaims()};
}

absl::StatusOr<FeedRequest> AddRequest(std::string_view user_id,
                                       std::string_view data,
                                       bool get_or_create) {
  SLUICE_RETURN_IF_ERROR(CheckSegment("user_id", user_id));
  SLUICE_ASSIGN_OR_RETURN(const std::string text, DataText(data));
  return FeedRequest{
      .method = "POST",
      .path = "user/",
      .query = {{"get_or_create", QueryFlag(get_or_create)}},
      .body =
          JsonObjectText().AddString("id", user_id).Add("data", text).text(),
      .claims = UsersClaims()};
}

absl::StatusOr<FeedRequest> GetRequest(std::string_view user_id,
                                       bool with_follow_counts) {
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request, UserRequest("GET", user_id));
  if (with_follow_counts) {
    request.query.emplace_back("with_follow_counts", QueryFlag(true));
  }
  return request;
}

absl::StatusOr<FeedRequest> UpdateRequest(std::string_view user_id,
                                          std::string_view data) {
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request, UserRequest("PUT", user_id));
  SLUICE_ASSIGN_OR_RETURN(const std::string text, DataText(data));
  request.body = JsonObjectText().Add("data", text).text();
  return request;
}

absl::StatusOr<FeedRequest> AddManyRequest(const std::vector<NewUser>& users,
                                           bool override_existing) {
  if (users.empty()) return ArgumentError("users", "must not be empty");
  std::vector<std::string> texts;
  for (size_t i = 0; i < users.size(); ++i) {
    const std::string at = absl::StrCat("users[", i, "]");
    SLUICE_RETURN_IF_ERROR(CheckText(at + ".id", users[i].id));
    SLUICE_RETURN_IF_ERROR(ParseObject(at + ".data", users[i].data).status());
    texts.push_back(JsonObjectText()
                        .AddString("id", users[i].id)
                        .Add("data", users[i].data)
                        .text());
  }
  return FeedRequest{
      .method = "POST",
      .path = "users/",
      .body = JsonObjectText()
                  .Add("users", JsonArrayOf(texts))
                  .Add("override", override_existing ? "true" : "false")
                  .text(),
      .claims = UsersClaims()};
}

absl::StatusOr<FeedRequest> ManyRequest(
    std::string_view method, const std::vector<std::string>& user_ids) {
  SLUICE_ASSIGN_OR_RETURN(std::string ids, JoinList("user_ids", user_ids));
  return FeedRequest{.method = std::string(method),
                     .path = "users/",
                     .query = {{"ids", std::move(ids)}},
                     .claims = UsersClaims()};
}

}  // namespace

std::string Users::Reference(std::string_view user_id) {
  return absl::StrCat("SU:", std::string(user_id));
}

std::unique_ptr<HttpCall> Users::Add(std::string_view user_id,
                                     std::string_view data, bool get_or_create,
                                     FeedDone<UserAnswer> done) {
  return connection_->Call<UserAnswer>(AddRequest(user_id, data, get_or_create),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Users::Get(std::string_view user_id,
                                     bool with_follow_counts,
                                     FeedDone<UserAnswer> done) {
  return connection_->Call<UserAnswer>(GetRequest(user_id, with_follow_counts),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Users::Update(std::string_view user_id,
                                        std::string_view data,
                                        FeedDone<UserAnswer> done) {
  return connection_->Call<UserAnswer>(UpdateRequest(user_id, data),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Users::Delete(std::string_view user_id,
                                        FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(UserRequest("DELETE", user_id),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Users::AddMany(const std::vector<NewUser>& users,
                                         bool override_existing,
                                         FeedDone<UserList> done) {
  return connection_->Call<UserList>(AddManyRequest(users, override_existing),
                                     std::move(done));
}

std::unique_ptr<HttpCall> Users::GetMany(
    const std::vector<std::string>& user_ids, FeedDone<UserList> done) {
  return connection_->Call<UserList>(ManyRequest("GET", user_ids),
                                     std::move(done));
}

std::unique_ptr<HttpCall> Users::DeleteMany(
    const std::vector<std::string>& user_ids, FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(ManyRequest("DELETE", user_ids),
                                       std::move(done));
}

}  // namespace sluice::feed
