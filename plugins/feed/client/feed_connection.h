// Signed requests to the Stream API and their answers: the one place through
// which everything goes, for the client and for the sink.
#ifndef PLUGINS_FEED_CLIENT_FEED_CONNECTION_H_
#define PLUGINS_FEED_CLIENT_FEED_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "plugins/feed/client/feed_address.h"
#include "plugins/feed/client/feed_name.h"
#include "plugins/feed/client/feed_options.h"
#include "plugins/feed/client/feed_results.h"
#include "plugins/feed/client/token.h"

namespace sluice::feed {

// Names and values, not yet encoded.
using FeedQuery = std::vector<std::pair<std::string, std::string>>;

// One call, before it is signed.
struct FeedRequest {
  // GET, POST, PUT or DELETE.
  std::string method;
  FeedService service = FeedService::kApi;
  // Behind the version, ending in "/": "feed/user/1/". Segments are encoded
  // (PathSegment()).
  std::string path;
  // Without api_key.
  FeedQuery query = {};
  // JSON. Empty: "{}" where a body is sent at all, which is all but GET.
  std::string body = {};
  // What the token of the request claims.
  Claims claims = {};
};

// How a call ends: its result, or a status as in feed_error.h. Called once, on
// the executor, never inside the call that starts it.
template <typename Result>
using FeedDone = absl::AnyInvocable<void(absl::StatusOr<Result>)>;

// "feed/user/1/" of a root "feed".
std::string FeedPath(std::string_view root, const FeedName& feed);

// `text` as one segment of a path: everything but A-Z a-z 0-9 - . _ ~ and ":"
// is percent-encoded, so that a "/" in a foreign id stays part of it.
std::string PathSegment(std::string_view text);

// "True" or "False", as stream-python 5.3.1 sends it.
std::string QueryFlag(bool value);

// Appends `name` unless `value` is empty.
void AddIfGiven(std::string_view name, std::string_view value,
                FeedQuery* query);
void AddIfGiven(std::string_view name, const std::optional<int64_t>& value,
                FeedQuery* query);

// Thread-safety: none; used on the executor of its HttpClient.
class FeedConnection {
 public:
  // kInvalidArgument: a ConfigError at the option with the mistake.
  static absl::StatusOr<FeedConnection> Create(FeedClientOptions options);

  const FeedClientOptions& options() const { return options_; }

  // Whose rate limits its requests count for.
  std::string credential() const {
    return "feed " + addresses_.api + " " + options_.api_key;
  }

  // Where requests go; both outlive the connection. Before any call.
  void Start(HttpClient* http, Executor* executor) {
    http_ = http;
    executor_ = executor;
  }

  // Signs and sends `request`, and hands on what came back. Destroying the
  // returned call cancels it, and `done` is not called any more.
  //
  // Headers: those of stream-python 5.3.1 stream/client/client.py.
  std::unique_ptr<HttpCall> Send(
      FeedRequest request, absl::Duration timeout,
      absl::AnyInvocable<void(HttpResponse, HttpFailure)> done);

  // The same with the answer read as a Result. An error in place of `request`
  // goes to `done`, and nothing is sent.
  template <typename Result>
  std::unique_ptr<HttpCall> Call(absl::StatusOr<FeedRequest> request,
                                 FeedDone<Result> done) {
    if (!request.ok()) return Finish<Result>(request.status(), std::move(done));
    return Send(*std::move(request), options_.timeout,
                [executor = executor_, done = std::move(done)](
                    HttpResponse response, HttpFailure failure) mutable {
                  done(ReadAnswer<Result>(std::move(response), failure,
                                          executor->Now()));
                });
  }

  // Gives `result` to `done` soon, without a request.
  template <typename Result>
  std::unique_ptr<HttpCall> Finish(absl::StatusOr<Result> result,
                                   FeedDone<Result> done) {
    return PostCall(
        [result = std::move(result), done = std::move(done)]() mutable {
          done(std::move(result));
        });
  }

  absl::Time Now() const { return executor_->Now(); }

 private:
  FeedConnection(FeedClientOptions options, FeedAddresses addresses)
      : options_(std::move(options)), addresses_(std::move(addresses)) {}

  template <typename Result>
  static absl::StatusOr<Result> ReadAnswer(HttpResponse response,
                                           const HttpFailure& failure,
                                           absl::Time now) {
    Result result;
    const int http_status = response.status;
    absl::Status status =
        ReadEnvelope(std::move(response), failure, now, &result);
    if (!status.ok()) return status;
    // The envelope was found to be an object.
    status = ReadResult(*JsonView::Parse(result.json), &result);
    if (!status.ok()) return NotTheResult(http_status, status);
    return result;
  }

  // What all answers have.
  static absl::Status ReadEnvelope(HttpResponse response,
                                   const HttpFailure& failure, absl::Time now,
                                   FeedAnswer* answer);
  static absl::Status NotTheResult(int http_status, const absl::Status& why);

  // Runs `task` soon, unless the returned call is destroyed before.
  std::unique_ptr<HttpCall> PostCall(Executor::Task task);

  FeedClientOptions options_;
  FeedAddresses addresses_;
  HttpClient* http_ = nullptr;
  Executor* executor_ = nullptr;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_CONNECTION_H_
