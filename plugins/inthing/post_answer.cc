#include "plugins/inthing/post_answer.h"

#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "plugins/inthing/inthing_error.h"
#include "plugins/inthing/text_limits.h"
#include "simdjson.h"

namespace sluice::inthing {
namespace {

// Of an answer that is no JSON, enough to see what it is.
constexpr size_t kSnippetBytes = 120;
constexpr absl::Duration kShortestWindow = absl::Minutes(1);

// The member `name` of `object` if it is a string, else "".
std::string Text(simdjson::dom::object object, std::string_view name) {
  std::string_view text;
  if (object.at_key(name).get_string().get(text) != simdjson::SUCCESS) {
    return "";
  }
  return std::string(text);
}

void ReadFieldErrors(simdjson::dom::object root, PostAnswer* answer) {
  simdjson::dom::object errors;
  if (root.at_key("field_errors").get_object().get(errors) !=
      simdjson::SUCCESS) {
    return;
  }
  for (const auto [field, value] : errors) {
    std::string joined;
    simdjson::dom::array messages;
    std::string_view message;
    if (value.get_array().get(messages) == simdjson::SUCCESS) {
      for (const simdjson::dom::element element : messages) {
        if (element.get_string().get(message) != simdjson::SUCCESS) continue;
        if (!joined.empty()) joined.append(", ");
        joined.append(message);
      }
    } else if (value.get_string().get(message) == simdjson::SUCCESS) {
      joined.append(message);
    }
    answer->field_errors.emplace_back(std::string(field), std::move(joined));
  }
}

void ReadOk(simdjson::dom::object root, PostAnswer* answer) {
  simdjson::dom::object event;
  if (root.at_key("event").get_object().get(event) == simdjson::SUCCESS) {
    answer->event_id = Text(event, "id");
    answer->event_url = Text(event, "url");
  }
  if (answer->event_url.empty()) {
    answer->kind = PostAnswer::Kind::kLost;
    answer->message = "the service's answer names no event";
    return;
  }
  answer->kind = PostAnswer::Kind::kOk;
}

void ReadFail(simdjson::dom::object root, PostAnswer* answer) {
  answer->kind = PostAnswer::Kind::kFail;
  ReadFieldErrors(root, answer);
  if (answer->message.empty()) answer->message = "event failed to validate";
  for (const auto& [field, error] : answer->field_errors) {
    absl::StrAppend(&answer->message, "; ", field, ": ", error);
  }
}

absl::Time ServerTime(const HttpResponse& response, absl::Time now) {
  const std::optional<std::string_view> date =
      FindHeader(response.headers, "date");
  absl::Time server;
  if (date.has_value() &&
      absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT",
                      absl::string_view(date->data(), date->size()), &server,
                      nullptr)) {
    return server;
  }
  return now;
}

std::optional<absl::Duration> RetryAfter(const HttpResponse& response,
                                         absl::Time now) {
  const std::optional<std::string_view> value =
      FindHeader(response.headers, "retry-after");
  return value.has_value() ? ParseRetryAfter(*value, now) : std::nullopt;
}

// An answer that the service itself did not write.
PostAnswer ReadForeign(const HttpResponse& response, absl::Time now) {
  PostAnswer answer;
  answer.http_status = response.status;
  answer.retry_after = RetryAfter(response, now);
  std::string snippet = OneLine(response.body.substr(0, kSnippetBytes));
  answer.message = absl::StrCat("the service answered HTTP ", response.status,
                                " with no JSON: ", snippet);
  const bool may_have_it = response.status < 300 ||
                           (response.status >= 500 && response.status != 503);
  answer.kind =
      may_have_it ? PostAnswer::Kind::kLost : PostAnswer::Kind::kRefused;
  return answer;
}

bool IsWorthRepeating(int http_status) {
  return http_status == 408 || http_status == 425 || http_status == 429 ||
         http_status == 503;
}

// Class and code of an answer that is no success.
std::pair<v1::Error::Class, absl::StatusCode> Classify(
    const PostAnswer& answer) {
  using Code = absl::StatusCode;
  switch (answer.kind) {
    case PostAnswer::Kind::kOk:
      break;
    case PostAnswer::Kind::kFail:
      if (answer.FieldError("password") != nullptr) {
        return {v1::Error::BAD_PASSWORD, Code::kPermissionDenied};
      }
      if (answer.FieldError("stream") != nullptr) {
        return {v1::Error::UNKNOWN_STREAM, Code::kNotFound};
      }
      return {v1::Error::EVENT_FAIL, Code::kInvalidArgument};
    case PostAnswer::Kind::kRateLimited:
      return {v1::Error::RATE_LIMITED, Code::kResourceExhausted};
    case PostAnswer::Kind::kServerError:
      return {v1::Error::SERVER_ERROR, Code::kAborted};
    case PostAnswer::Kind::kRefused:
      return {v1::Error::BAD_RESPONSE, IsWorthRepeating(answer.http_status)
                                           ? Code::kUnavailable
                                           : Code::kFailedPrecondition};
    case PostAnswer::Kind::kMisconfigured:
      return {v1::Error::CONNECTIVITY, Code::kFailedPrecondition};
    case PostAnswer::Kind::kUnreachable:
      return {v1::Error::CONNECTIVITY, answer.transport};
    case PostAnswer::Kind::kLost:
      if (answer.transport == Code::kOk) {
        return {v1::Error::BAD_RESPONSE, Code::kUnknown};
      }
      // An answer over its bound is one that makes no sense.
      if (answer.transport == Code::kResourceExhausted) {
        return {v1::Error::BAD_RESPONSE, Code::kUnknown};
      }
      return {v1::Error::CONNECTIVITY, answer.transport};
  }
  return {v1::Error::BAD_RESPONSE, Code::kUnknown};
}

void SetRetryAfter(absl::Duration wait, v1::Error* error) {
  const int64_t seconds = absl::IDivDuration(wait, absl::Seconds(1), &wait);
  error->mutable_retry_after()->set_seconds(seconds);
  error->mutable_retry_after()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(wait)));
}

}  // namespace

const std::string* PostAnswer::FieldError(const std::string& field) const {
  for (const auto& [name, error] : field_errors) {
    if (name == field) return &error;
  }
  return nullptr;
}

absl::Duration RateLimitWait(const std::string& message,
                             absl::Time server_time) {
  // "... in 900 seconds", "... in 15 minutes", "... a minute".
  absl::Duration span = kShortestWindow;
  const std::vector<std::string> words =
      absl::StrSplit(message, ' ', absl::SkipEmpty());
  for (size_t i = 2; i < words.size(); ++i) {
    int64_t count;
    if (words[i - 2] != "in" || !absl::SimpleAtoi(words[i - 1], &count) ||
        count <= 0) {
      continue;
    }
    if (absl::StartsWith(words[i], "second")) span = absl::Seconds(count);
    if (absl::StartsWith(words[i], "minute")) span = absl::Minutes(count);
  }
  const absl::Duration since = server_time - absl::UnixEpoch();
  return span - since % span;
}

PostAnswer ReadPostAnswer(const HttpResponse& response, absl::Time now) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(response.body).get_object().get(root) != simdjson::SUCCESS) {
    return ReadForeign(response, now);
  }
  // Whatever the HTTP status, the body decides.
  PostAnswer answer;
  answer.http_status = response.status;
  answer.message = Text(root, "msg");
  answer.retry_after = RetryAfter(response, now);
  const std::string status = Text(root, "status");
  if (status == "ok") {
    ReadOk(root, &answer);
  } else if (status == "fail") {
    ReadFail(root, &answer);
  } else if (status == "ratelimited") {
    answer.kind = PostAnswer::Kind::kRateLimited;
    answer.is_unclaimed_limit = absl::StartsWith(answer.message, "Unclaimed");
    if (!answer.retry_after.has_value()) {
      answer.retry_after =
          RateLimitWait(answer.message, ServerTime(response, now));
    }
  } else {
    answer.kind = PostAnswer::Kind::kServerError;
    if (answer.message.empty()) {
      answer.message = absl::StrCat("the service answered status \"", status,
                                    "\" without a message");
    }
  }
  return answer;
}

PostAnswer ReadPostFailure(const HttpFailure& failure) {
  PostAnswer answer;
  answer.message = std::string(failure.status.message());
  answer.transport = failure.status.code();
  if (absl::IsFailedPrecondition(failure.status) ||
      absl::IsInvalidArgument(failure.status)) {
    answer.kind = PostAnswer::Kind::kMisconfigured;
  } else {
    answer.kind = failure.maybe_sent ? PostAnswer::Kind::kLost
                                     : PostAnswer::Kind::kUnreachable;
  }
  return answer;
}

absl::StatusOr<PostedEvent> ToPostedEvent(const PostAnswer& answer) {
  if (answer.kind == PostAnswer::Kind::kOk) {
    return PostedEvent{answer.event_id, answer.event_url};
  }
  const auto [error_class, code] = Classify(answer);
  v1::Error error;
  error.set_error_class(error_class);
  error.set_http_status(answer.http_status);
  error.set_is_unclaimed_limit(answer.is_unclaimed_limit);
  error.set_maybe_stored(answer.kind == PostAnswer::Kind::kLost ||
                         answer.kind == PostAnswer::Kind::kServerError);
  if (answer.retry_after.has_value()) {
    SetRetryAfter(*answer.retry_after, &error);
  }
  for (const auto& [field, message] : answer.field_errors) {
    v1::Error::FieldError* each = error.add_field_errors();
    each->set_field(field);
    each->set_message(message);
  }
  return MakeError(code, answer.message, error);
}

}  // namespace sluice::inthing
