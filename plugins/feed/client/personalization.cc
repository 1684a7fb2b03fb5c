#include "plugins/feed/client/personalization.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

absl::StatusOr<FeedRequest> Request(std::string_view method,
                                    std::string_view resource,
                                    const FeedQuery& parameters) {
  std::string path;
  const std::string whole(absl::StripSuffix(std::string(resource), "/"));
  for (const std::string& segment :
       std::vector<std::string>(absl::StrSplit(whole, '/'))) {
    SLUICE_RETURN_IF_ERROR(CheckSegment("resource", segment));
    absl::StrAppend(&path, PathSegment(segment), "/");
  }
  return FeedRequest{.method = std::string(method),
                     .service = FeedService::kPersonalization,
                     .path = std::move(path),
                     .query = parameters,
                     .claims = {.action = "*",
                                .resource = "personalization",
                                .feed_id = "*",
                                .user_id = "*"}};
}

absl::StatusOr<FeedRequest> PostRequest(std::string_view resource,
                                        const FeedQuery& parameters,
                                        std::string_view data) {
  SLUICE_RETURN_IF_ERROR(ParseObject("data", data).status());
  SLUICE_ASSIGN_OR_RETURN(FeedRequest request,
                          Request("POST", resource, parameters));
  request.body = std::string(data);
  return request;
}

}  // namespace

std::unique_ptr<HttpCall> Personalization::Get(std::string_view resource,
                                               const FeedQuery& parameters,
                                               FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(Request("GET", resource, parameters),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Personalization::Post(std::string_view resource,
                                                const FeedQuery& parameters,
                                                std::string_view data,
                                                FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(PostRequest(resource, parameters, data),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Personalization::Delete(std::string_view resource,
                                                  const FeedQuery& parameters,
                                                  FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(Request("DELETE", resource, parameters),
                                       std::move(done));
}

}  // namespace sluice::feed
