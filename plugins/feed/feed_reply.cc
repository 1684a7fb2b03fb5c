#include "plugins/feed/feed_reply.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/feed_error.h"
#include "plugins/feed/client/rate_headers.h"
#include "simdjson.h"

namespace sluice::feed {
namespace {

using Verdict = FeedReply::Verdict;

// Positions of activities that the answer holds something against, if it
// speaks of all `sent` of them.
std::vector<size_t> Culprits(std::string_view body, size_t sent) {
  std::vector<size_t> culprits;
  const absl::StatusOr<JsonView> view = JsonView::Parse(body);
  if (!view.ok()) return culprits;
  const std::optional<JsonView> fields = view->Find("exception_fields");
  if (!fields.has_value()) return culprits;
  const std::vector<JsonView> of_each = fields->elements();
  if (of_each.size() != sent) return culprits;
  for (size_t i = 0; i < sent; ++i) {
    if (!of_each[i].members().empty()) culprits.push_back(i);
  }
  return culprits;
}

FeedReply Make(Verdict verdict, absl::StatusCode code, std::string message) {
  FeedReply reply;
  reply.verdict = verdict;
  reply.status = absl::Status(code, message);
  return reply;
}

FeedReply ReadFailure(const HttpFailure& failure) {
  const std::string message(failure.status.message());
  switch (failure.status.code()) {
    case absl::StatusCode::kFailedPrecondition:
      return Make(Verdict::kMisconfigured, failure.status.code(),
                  absl::StrCat("ca_file: the certificate of the service is not "
                               "trusted: ",
                               message));
    case absl::StatusCode::kInvalidArgument:
      return Make(Verdict::kMisconfigured, failure.status.code(),
                  absl::StrCat("base_url: cannot be used: ", message));
    default:
      break;
  }
  return failure.maybe_sent
             ? Make(Verdict::kUnknown, absl::StatusCode::kUnknown,
                    absl::StrCat("no answer from the service: ", message))
             : Make(Verdict::kNotTaken, absl::StatusCode::kUnavailable,
                    absl::StrCat("the service cannot be reached: ", message));
}

// How many activities a 2xx answer lists; nullopt: it does not, or is an error
// in disguise.
std::optional<size_t> CountActivities(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  simdjson::dom::array activities;
  if (parser.parse(body).get(answer) == simdjson::SUCCESS) {
    if (answer["exception"].error() == simdjson::SUCCESS ||
        answer["activities"].get(activities) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    return activities.size();
  }
  // Activities may have integers that are too long for simdjson.
  const absl::StatusOr<JsonView> view = JsonView::Parse(body);
  if (!view.ok() || view->Find("exception").has_value()) return std::nullopt;
  const std::optional<JsonView> list = view->Find("activities");
  if (!list.has_value() || !list->is_array()) return std::nullopt;
  return list->elements().size();
}

FeedReply ReadSuccess(const HttpResponse& response, size_t sent) {
  if (CountActivities(response.body) != sent) {
    return Make(
        Verdict::kUnknown, absl::StatusCode::kUnknown,
        absl::StrCat("the service answered ", response.status,
                     ", but not with the ", sent, " activities it was given"));
  }
  FeedReply reply;
  reply.verdict = Verdict::kStored;
  return reply;
}

FeedReply ReadUnauthenticated(int code, const std::string& text) {
  std::string_view hint = "api_key and api_secret: not accepted; ";
  if (code == 2) hint = "api_key: not known to the service; ";
  if (code == 3) hint = "api_secret: does not belong to api_key; ";
  if (code == 7) hint = "api_key: its application is suspended; ";
  return Make(Verdict::kMisconfigured, absl::StatusCode::kUnauthenticated,
              absl::StrCat(std::string(hint), text));
}

FeedReply ReadBadRequest(const HttpResponse& response, int code, size_t sent,
                         const std::string& text) {
  if (code == 6 || code == 14) {
    return Make(Verdict::kMisconfigured, absl::StatusCode::kFailedPrecondition,
                absl::StrCat("feed: its group is not configured rightly in the "
                             "dashboard of the service; ",
                             text));
  }
  FeedReply reply =
      Make(Verdict::kRefusedData, absl::StatusCode::kInvalidArgument, text);
  reply.culprits = Culprits(response.body, sent);
  return reply;
}

FeedReply ReadRefusal(const HttpResponse& response, size_t sent,
                      absl::Time now) {
  const int status = response.status;
  std::optional<v1::FeedError> read = ReadErrorBody(response.body);
  const bool is_api = read.has_value();
  v1::FeedError error = std::move(read).value_or(v1::FeedError());
  error.set_http_status(status);
  const std::string text = DescribeError(error);
  switch (status) {
    case 400:
      if (!is_api) break;  // Not from the API, but from something before it.
      [[fallthrough]];
    case 409:
    case 422:
      return ReadBadRequest(response, error.code(), sent, text);
    case 401:
      return ReadUnauthenticated(error.code(), text);
    case 403:
      return Make(Verdict::kMisconfigured, absl::StatusCode::kPermissionDenied,
                  absl::StrCat("api_secret: it does not belong to api_key, or "
                               "the feed's group may not be written to; ",
                               text));
    case 408:
    case 503: {
      FeedReply reply =
          Make(Verdict::kNotTaken, absl::StatusCode::kUnavailable, text);
      reply.wait = ReadWait(response.headers, now, false);
      return reply;
    }
    case 413:
      return Make(Verdict::kTooLarge, absl::StatusCode::kOutOfRange, text);
    case 429: {
      FeedReply reply =
          Make(Verdict::kThrottled, absl::StatusCode::kResourceExhausted, text);
      reply.wait = ReadWait(response.headers, now, true);
      return reply;
    }
    case 500:
      return Make(Verdict::kServerError, absl::StatusCode::kInternal, text);
    default:
      break;
  }
  if (status >= 500) {
    FeedReply reply = Make(Verdict::kUnknown, absl::StatusCode::kUnknown, text);
    reply.wait = ReadWait(response.headers, now, false);
    return reply;
  }
  return Make(Verdict::kMisconfigured, absl::StatusCode::kNotFound,
              absl::StrCat("base_url: there is no feed API; ", text));
}

}  // namespace

FeedReply ReadReply(const HttpResponse& response, const HttpFailure& failure,
                    size_t sent, absl::Time now) {
  if (!failure.status.ok()) return ReadFailure(failure);
  const bool is_2xx = response.status >= 200 && response.status < 300;
  FeedReply reply =
      is_2xx ? ReadSuccess(response, sent) : ReadRefusal(response, sent, now);
  reply.window = ReadWindow(response.headers, now);
  return reply;
}

}  // namespace sluice::feed
