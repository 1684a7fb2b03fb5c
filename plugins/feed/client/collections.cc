#include "plugins/feed/client/collections.h"

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

Claims CollectionsClaims() {
  return {
      .action = "*", .resource = "collections", .feed_id = "*", .user_id = "*"};
}

absl::Status CheckName(std::string_view argument, std::string_view name) {
  if (IsFeedNamePart(name)) return absl::OkStatus();
  return ArgumentError(argument,
                       "must be one or more letters, digits, \"_\" and \"-\"");
}

FeedRequest ListRequest(std::string_view method) {
  return FeedRequest{.method = std::string(method),
                     .path = "collections/",
                     .claims = CollectionsClaims()};
}

absl::StatusOr<FeedRequest> AddRequest(std::string_view collection,
                                       std::string_view data,
                                       std::string_view id,
                                       std::string_view user_id) {
  SLUICE_RETURN_IF_ERROR(CheckName("collection", collection));
  SLUICE_RETURN_IF_ERROR(ParseObject("data", data).status());
  JsonObjectText body;
  if (id.empty()) {
    body.Add("id", "null");
  } else {
    SLUICE_RETURN_IF_ERROR(CheckName("id", id));
    body.AddString("id", id);
  }
  body.Add("data", data);
  if (user_id.empty()) {
    body.Add("user_id", "null");
  } else {
    SLUICE_RETURN_IF_ERROR(CheckText("user_id", user_id));
    body.AddString("user_id", user_id);
  }
  FeedRequest request = ListRequest("POST");
  absl::StrAppend(&request.path, std::string(collection), "/");
  request.body = body.text();
  return request;
}

absl::StatusOr<FeedRequest> EntryRequest(std::string_view method,
                                         std::string_view collection,
                                         std::string_view id) {
  SLUICE_RETURN_IF_ERROR(CheckName("collection", collection));
  SLUICE_RETURN_IF_ERROR(CheckName("id", id));
  FeedRequest request = ListRequest(method);
  absl::StrAppend(&request.path, std::string(collection), "/", std::string(id),
                  "/");
  return request;
}

absl::StatusOr<FeedRequest> UpdateRequest(std::string_view collection,
                                          std::string_view id,
                                          std::string_view data) {
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request,
                          EntryRequest("PUT", collection, id));
  SLUICE_RETURN_IF_ERROR(ParseObject("data", data).status());
  request.body = JsonObjectText().Add("data", data).text();
  return request;
}

absl::StatusOr<FeedRequest> UpsertRequest(
    std::string_view collection, const std::vector<std::string>& entries) {
  SLUICE_RETURN_IF_ERROR(CheckName("collection", collection));
  if (entries.empty()) return ArgumentError("entries", "must not be empty");
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string at = absl::StrCat("entries[", i, "]");
    SLUICE_ASSIGN_OR_RETURN(const JsonView entry, ParseObject(at, entries[i]));
    if (!entry.Find("id").has_value()) {
      return ArgumentError(at + ".id", "is needed");
    }
  }
  FeedRequest request = ListRequest("POST");
  request.body =
      JsonObjectText()
          .Add("data",
               JsonObjectText().Add(collection, JsonArrayOf(entries)).text())
          .text();
  return request;
}

absl::Status CheckIds(std::string_view collection,
                      const std::vector<std::string>& ids) {
  SLUICE_RETURN_IF_ERROR(CheckName("collection", collection));
  if (ids.empty()) return ArgumentError("ids", "must not be empty");
  for (size_t i = 0; i < ids.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(CheckName(absl::StrCat("ids[", i, "]"), ids[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<FeedRequest> SelectRequest(std::string_view collection,
                                          const std::vector<std::string>& ids) {
  SLUICE_RETURN_IF_ERROR(CheckIds(collection, ids));
  std::string foreign_ids;
  for (const std::string& id : ids) {
    absl::StrAppend(&foreign_ids, foreign_ids.empty() ? "" : ",",
                    std::string(collection), ":", id);
  }
  FeedRequest request = ListRequest("GET");
  request.query.emplace_back("foreign_ids", std::move(foreign_ids));
  return request;
}

absl::StatusOr<FeedRequest> DeleteManyRequest(
    std::string_view collection, const std::vector<std::string>& ids) {
  SLUICE_RETURN_IF_ERROR(CheckIds(collection, ids));
  FeedRequest request = ListRequest("DELETE");
  request.query.emplace_back("collection_name", collection);
  // One parameter each, where other calls have a list.
  for (const std::string& id : ids) request.query.emplace_back("ids", id);
  return request;
}

}  // namespace

std::string Collections::Reference(std::string_view collection,
                                   std::string_view id) {
  return absl::StrCat("SO:", std::string(collection), ":", std::string(id));
}

std::unique_ptr<HttpCall> Collections::Add(std::string_view collection,
                                           std::string_view data,
                                           std::string_view id,
                                           std::string_view user_id,
                                           FeedDone<CollectionAnswer> done) {
  return connection_->Call<CollectionAnswer>(
      AddRequest(collection, data, id, user_id), std::move(done));
}

std::unique_ptr<HttpCall> Collections::Get(std::string_view collection,
                                           std::string_view id,
                                           FeedDone<CollectionAnswer> done) {
  return connection_->Call<CollectionAnswer>(
      EntryRequest("GET", collection, id), std::move(done));
}

std::unique_ptr<HttpCall> Collections::Update(std::string_view collection,
                                              std::string_view id,
                                              std::string_view data,
                                              FeedDone<CollectionAnswer> done) {
  return connection_->Call<CollectionAnswer>(
      UpdateRequest(collection, id, data), std::move(done));
}

std::unique_ptr<HttpCall> Collections::Delete(std::string_view collection,
                                              std::string_view id,
                                              FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(EntryRequest("DELETE", collection, id),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Collections::Upsert(
    std::string_view collection, const std::vector<std::string>& entries,
    FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(UpsertRequest(collection, entries),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Collections::Select(
    std::string_view collection, const std::vector<std::string>& ids,
    FeedDone<CollectionList> done) {
  return connection_->Call<CollectionList>(SelectRequest(collection, ids),
                                           std::move(done));
}

std::unique_ptr<HttpCall> Collections::DeleteMany(
    std::string_view collection, const std::vector<std::string>& ids,
    FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(DeleteManyRequest(collection, ids),
                                       std::move(done));
}

}  // namespace sluice::feed
