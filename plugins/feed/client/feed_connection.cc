#include "plugins/feed/client/feed_connection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/http/url.h"
#include "plugins/feed/client/feed_error.h"
#include "plugins/feed/client/rate_headers.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::feed {
namespace {

constexpr char kClientName[] = "stream-cpp-client-1.0.0";

// A task that waits for its turn, as a call that can be cancelled.
class PostedCall final : public HttpCall {
 public:
  PostedCall(Executor* executor, Executor::Task task)
      : task_(std::make_shared<Executor::Task>(std::move(task))) {
    executor->Post([task = std::weak_ptr<Executor::Task>(task_)] {
      // Kept here, because the task may destroy this call.
      if (const auto kept = task.lock()) (*kept)();
    });
  }
  void Pause() override {}
  void Resume() override {}

 private:
  const std::shared_ptr<Executor::Task> task_;
};

std::string Url(const std::string& address, const FeedRequest& request,
                std::string_view api_key) {
  // The slash at the end of a path matters: without it the service redirects,
  // and the body gets lost on the way (stream-python stream/client/base.py).
  std::string url =
      absl::StrCat(address, request.path, "?api_key=", PercentEncode(api_key));
  for (const auto& [name, value] : request.query) {
    absl::StrAppend(&url, "&", PercentEncode(name), "=", PercentEncode(value));
  }
  return url;
}

}  // namespace

std::string FeedPath(std::string_view root, const FeedName& feed) {
  return absl::StrCat(std::string(root), "/", std::string(feed.group), "/",
                      std::string(feed.id), "/");
}

std::string PathSegment(std::string_view text) {
  return absl::StrReplaceAll(PercentEncode(text), {{"%3A", ":"}});
}

std::string QueryFlag(bool value) { return value ? "True" : "False"; }

void AddIfGiven(std::string_view name, std::string_view value,
                FeedQuery* query) {
  if (!value.empty()) query->emplace_back(name, value);
}

void AddIfGiven(std::string_view name, const std::optional<int64_t>& value,
                FeedQuery* query) {
  if (value.has_value()) query->emplace_back(name, absl::StrCat(*value));
}

absl::StatusOr<FeedConnection> FeedConnection::Create(
    FeedClientOptions options) {
  if (options.api_key.empty()) {
    return ConfigError("api_key", "the key of the application is needed");
  }
  if (options.api_secret.empty()) {
    return ConfigError("api_secret", "the secret of the application is needed");
  }
  if (options.timeout <= absl::ZeroDuration()) {
    return ConfigError("timeout", "must be more than 0");
  }
  SLUICE_ASSIGN_OR_RETURN(FeedAddresses addresses, MakeFeedAddresses(options));
  return FeedConnection(std::move(options), std::move(addresses));
}

std::unique_ptr<HttpCall> FeedConnection::Send(
    FeedRequest request, absl::Duration timeout,
    absl::AnyInvocable<void(HttpResponse, HttpFailure)> done) {
  HttpRequest http;
  http.url = Url(addresses_.of(request.service), request, options_.api_key);
  http.method = std::move(request.method);
  http.headers = {
      {"Authorization", SignToken(options_.api_secret, request.claims)},
      {"stream-auth-type", "jwt"},
      {"Content-Type", "application/json"},
      {"X-Stream-Client", kClientName}};
  http.body = std::move(request.body);
  if (http.body.empty() && http.method != "GET") http.body = "{}";
  http.connect_timeout = std::min(http.connect_timeout, timeout);
  http.total_timeout = timeout;
  http.max_response_bytes = options_.max_answer_bytes;
  http.tls.ca_file = options_.ca_file;
  return http_->Fetch(std::move(http), std::move(done));
}

absl::Status FeedConnection::ReadEnvelope(HttpResponse response,
                                          const HttpFailure& failure,
                                          absl::Time now, FeedAnswer* answer) {
  if (!failure.status.ok()) return FailureStatus(failure);
  SLUICE_RETURN_IF_ERROR(AnswerStatus(response, now));
  const absl::StatusOr<JsonView> view = JsonView::Parse(response.body);
  if (!view.ok()) {
    return UnreadableAnswer(response.status, ToStd(view.status().message()));
  }
  if (!view->is_object()) {
    return UnreadableAnswer(response.status, "it is no JSON object");
  }
  // An activity may have an `exception` of its own; an error has a code, too.
  if (view->Find("exception").has_value() &&
      view->Find("status_code").has_value()) {
    return UnreadableAnswer(response.status, "it is an error");
  }
  answer->rate_limit = ReadWindow(response.headers, now);
  answer->json = std::move(response.body);
  return absl::OkStatus();
}

absl::Status FeedConnection::NotTheResult(int http_status,
                                          const absl::Status& why) {
  return UnreadableAnswer(http_status, ToStd(why.message()));
}

std::unique_ptr<HttpCall> FeedConnection::PostCall(Executor::Task task) {
  return std::make_unique<PostedCall>(executor_, std::move(task));
}

}  // namespace sluice::feed
