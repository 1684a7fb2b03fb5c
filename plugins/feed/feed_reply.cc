#include "plugins/feed/feed_reply.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"

namespace sluice::feed {
namespace {

using Verdict = FeedReply::Verdict;

constexpr size_t kMaxDetailBytes = 200;
constexpr absl::Duration kMinWait = absl::Seconds(1);
constexpr absl::Duration kMaxWait = absl::Hours(1);

// An error as the API writes it:
//   {"detail":..,"status_code":400,"code":4,"exception":..,..}
struct ErrorBody {
  int64_t code = 0;
  std::string detail;
  std::vector<size_t> culprits;
};

// "Errors for fields ..." may be one object, or one per activity of a batch.
std::vector<size_t> ReadCulprits(simdjson::dom::element body, size_t sent) {
  std::vector<size_t> culprits;
  simdjson::dom::array fields;
  if (body["exception_fields"].get(fields) != simdjson::SUCCESS ||
      fields.size() != sent) {
    return culprits;
  }
  size_t position = 0;
  for (simdjson::dom::element field : fields) {
    simdjson::dom::object object;
    if (field.get(object) == simdjson::SUCCESS && object.size() > 0) {
      culprits.push_back(position);
    }
    ++position;
  }
  return culprits;
}

std::optional<ErrorBody> ReadError(simdjson::dom::element body, size_t sent) {
  std::string_view exception;
  if (body["exception"].get(exception) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  ErrorBody error;
  std::string_view detail = exception;
  if (body["detail"].get(detail) != simdjson::SUCCESS) detail = exception;
  error.detail = std::string(detail.substr(0, kMaxDetailBytes));
  if (body["code"].get(error.code) != simdjson::SUCCESS) error.code = 0;
  error.culprits = ReadCulprits(body, sent);
  return error;
}

std::optional<int64_t> ReadInteger(const HttpHeaders& headers,
                                   std::string_view name) {
  const std::optional<std::string_view> text = FindHeader(headers, name);
  int64_t value = 0;
  if (!text.has_value() ||
      !absl::SimpleAtoi(absl::string_view(text->data(), text->size()),
                        &value)) {
    return std::nullopt;
  }
  return value;
}

// The answer's own clock if it tells one: the local one may be off.
absl::Time ServerNow(const HttpHeaders& headers, absl::Time now) {
  const std::optional<std::string_view> text = FindHeader(headers, "Date");
  absl::Time date;
  std::string error;
  if (text.has_value() &&
      absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT",
                      absl::string_view(text->data(), text->size()), &date,
                      &error)) {
    return date;
  }
  return now;
}

absl::Duration Clamp(absl::Duration wait) {
  return std::clamp(wait, kMinWait, kMaxWait);
}

// Until the window ends, which X-RateLimit-Reset gives in Unix seconds.
std::optional<absl::Duration> UntilReset(const HttpHeaders& headers,
                                         absl::Time now) {
  const std::optional<int64_t> reset =
      ReadInteger(headers, "X-RateLimit-Reset");
  if (!reset.has_value() || *reset <= 0) return std::nullopt;
  return absl::FromUnixSeconds(*reset) - ServerNow(headers, now);
}

// After a refusal: the later of the two the answer names.
std::optional<absl::Duration> WaitAfterRefusal(const HttpHeaders& headers,
                                               absl::Time now,
                                               bool use_window) {
  std::optional<absl::Duration> wait;
  if (use_window) wait = UntilReset(headers, now);
  if (const auto text = FindHeader(headers, "Retry-After")) {
    const auto after = ParseRetryAfter(*text, ServerNow(headers, now));
    if (after.has_value()) wait = std::max(wait.value_or(*after), *after);
  }
  if (wait.has_value()) wait = Clamp(*wait);
  return wait;
}

// The window that the answer tells of, whatever else it says.
std::optional<RateBudget::Report> ReadWindow(const HttpHeaders& headers,
                                             absl::Time now) {
  const std::optional<int64_t> limit =
      ReadInteger(headers, "X-RateLimit-Limit");
  const std::optional<int64_t> left =
      ReadInteger(headers, "X-RateLimit-Remaining");
  const std::optional<absl::Duration> until = UntilReset(headers, now);
  if (!limit.has_value() || !left.has_value() || !until.has_value() ||
      *limit <= 0 || *until <= absl::ZeroDuration()) {
    return std::nullopt;
  }
  return RateBudget::Report{*limit, *left, std::min(*until, kMaxWait)};
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

FeedReply ReadSuccess(const HttpResponse& response, simdjson::dom::element body,
                      size_t sent) {
  simdjson::dom::array activities;
  if (body["activities"].get(activities) != simdjson::SUCCESS ||
      activities.size() != sent) {
    return Make(
        Verdict::kUnknown, absl::StatusCode::kUnknown,
        absl::StrCat("the service answered ", response.status,
                     ", but not with the ", sent, " activities it was given"));
  }
  FeedReply reply;
  reply.verdict = Verdict::kStored;
  return reply;
}

// "the service answered 400, code 4: Errors for fields 'actor'"
std::string Describe(int status, const ErrorBody& error) {
  std::string text = absl::StrCat("the service answered ", status);
  if (error.code != 0) absl::StrAppend(&text, ", code ", error.code);
  if (!error.detail.empty()) absl::StrAppend(&text, ": ", error.detail);
  return text;
}

FeedReply ReadUnauthenticated(const ErrorBody& error, const std::string& text) {
  std::string_view hint = "api_key and api_secret: not accepted; ";
  if (error.code == 2) hint = "api_key: not known to the service; ";
  if (error.code == 3) hint = "api_secret: does not belong to api_key; ";
  if (error.code == 7) hint = "api_key: its application is suspended; ";
  return Make(Verdict::kMisconfigured, absl::StatusCode::kUnauthenticated,
              absl::StrCat(std::string(hint), text));
}

FeedReply ReadBadRequest(ErrorBody error, const std::string& text) {
  if (error.code == 6 || error.code == 14) {
    return Make(Verdict::kMisconfigured, absl::StatusCode::kFailedPrecondition,
                absl::StrCat("feed: its group is not configured rightly in the "
                             "dashboard of the service; ",
                             text));
  }
  FeedReply reply =
      Make(Verdict::kRefusedData, absl::StatusCode::kInvalidArgument, text);
  reply.culprits = std::move(error.culprits);
  return reply;
}

FeedReply ReadRefusal(const HttpResponse& response, ErrorBody error,
                      bool is_api, absl::Time now) {
  const int status = response.status;
  const std::string text = Describe(status, error);
  switch (status) {
    case 400:
      if (!is_api) break;  // Not from the API, but from something before it.
      [[fallthrough]];
    case 409:
    case 422:
      return ReadBadRequest(std::move(error), text);
    case 401:
      return ReadUnauthenticated(error, text);
    case 403:
      return Make(Verdict::kMisconfigured, absl::StatusCode::kPermissionDenied,
                  absl::StrCat("api_secret: it does not belong to api_key, or "
                               "the feed's group may not be written to; ",
                               text));
    case 408:
    case 503: {
      FeedReply reply =
          Make(Verdict::kNotTaken, absl::StatusCode::kUnavailable, text);
      reply.wait = WaitAfterRefusal(response.headers, now, false);
      return reply;
    }
    case 413:
      return Make(Verdict::kTooLarge, absl::StatusCode::kOutOfRange, text);
    case 429: {
      FeedReply reply =
          Make(Verdict::kThrottled, absl::StatusCode::kResourceExhausted, text);
      reply.wait = WaitAfterRefusal(response.headers, now, true);
      return reply;
    }
    case 500:
      return Make(Verdict::kServerError, absl::StatusCode::kInternal, text);
    default:
      break;
  }
  if (status >= 500) {
    FeedReply reply = Make(Verdict::kUnknown, absl::StatusCode::kUnknown, text);
    reply.wait = WaitAfterRefusal(response.headers, now, false);
    return reply;
  }
  return Make(Verdict::kMisconfigured, absl::StatusCode::kNotFound,
              absl::StrCat("base_url: there is no feed API; ", text));
}

FeedReply ReadAnswer(const HttpResponse& response, size_t sent,
                     absl::Time now) {
  simdjson::dom::parser parser;
  simdjson::dom::element body;
  const bool is_json =
      parser.parse(response.body.data(), response.body.size()).get(body) ==
          simdjson::SUCCESS &&
      body.is_object();
  std::optional<ErrorBody> error;
  if (is_json) error = ReadError(body, sent);
  const bool is_2xx = response.status >= 200 && response.status < 300;
  if (is_2xx && is_json && !error.has_value()) {
    return ReadSuccess(response, body, sent);
  }
  if (is_2xx) {
    return Make(
        Verdict::kUnknown, absl::StatusCode::kUnknown,
        absl::StrCat(Describe(response.status, error.value_or(ErrorBody())),
                     "; that is no answer of the feed API"));
  }
  const bool is_api = error.has_value();
  return ReadRefusal(response, std::move(error).value_or(ErrorBody()), is_api,
                     now);
}

}  // namespace

FeedReply ReadReply(const HttpResponse& response, const HttpFailure& failure,
                    size_t sent, absl::Time now) {
  if (!failure.status.ok()) return ReadFailure(failure);
  FeedReply reply = ReadAnswer(response, sent, now);
  reply.window = ReadWindow(response.headers, now);
  return reply;
}

}  // namespace sluice::feed
