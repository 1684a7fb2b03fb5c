#include "plugins/feed/client/feed_error.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/rate_headers.h"

namespace sluice::feed {
namespace {

constexpr char kPayloadUrl[] = "type.googleapis.com/sluice.feed.v1.FeedError";

// What is kept of an error: more than any person reads of it.
constexpr size_t kMaxTextBytes = 500;
constexpr int kMaxFields = 100;
constexpr int kMaxMessages = 10;
// Of those, what a message shows.
constexpr int kMaxShownFields = 5;

std::string Cut(std::string text) {
  if (text.size() <= kMaxTextBytes) return text;
  size_t end = kMaxTextBytes;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  text.resize(end);
  return text + "...";
}

std::string TextOf(const JsonView& value) {
  return Cut(value.AsString().value_or(std::string(value.text())));
}

void ReadFields(const JsonView& fields, std::optional<uint32_t> position,
                v1::FeedError* error) {
  for (const auto& [name, messages] : fields.members()) {
    if (error->fields_size() == kMaxFields) return;
    v1::FeedError::Field* field = error->add_fields();
    field->set_name(Cut(name));
    if (position.has_value()) field->set_position(*position);
    if (!messages.is_array()) field->add_messages(TextOf(messages));
    for (const JsonView& message : messages.elements()) {
      if (field->messages_size() == kMaxMessages) break;
      field->add_messages(TextOf(message));
    }
  }
}

absl::Status WithPayload(absl::StatusCode code, std::string_view message,
                         const v1::FeedError& error) {
  absl::Status status(code, std::string(message));
  status.SetPayload(kPayloadUrl, absl::Cord(error.SerializeAsString()));
  return status;
}

absl::StatusCode CodeOfBadRequest(int code) {
  switch (code) {
    case 6:   // The feed's group is not configured.
    case 11:  // Ranking cannot be done,
    case 12:  // or is not configured.
    case 14:  // The group's format has a mistake.
      return absl::StatusCode::kFailedPrecondition;
    case 13:  // No such activity.
      return absl::StatusCode::kNotFound;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

// `is_api`: the answer has the form of the API.
absl::StatusCode CodeOf(int http_status, int code, bool is_api) {
  switch (http_status) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 405:
      return absl::StatusCode::kUnimplemented;
    case 409:
      return absl::StatusCode::kAlreadyExists;
    case 413:
      return absl::StatusCode::kOutOfRange;
    case 422:
      return absl::StatusCode::kInvalidArgument;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 500:
      return absl::StatusCode::kInternal;
    case 408:
      return absl::StatusCode::kUnavailable;
    default:
      break;
  }
  if (http_status > 500) return absl::StatusCode::kUnavailable;
  if (!is_api) return absl::StatusCode::kFailedPrecondition;
  return http_status == 404 ? absl::StatusCode::kNotFound
                            : CodeOfBadRequest(code);
}

void SetDuration(absl::Duration value, google::protobuf::Duration* duration) {
  duration->set_seconds(absl::ToInt64Seconds(value));
  duration->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(value % absl::Seconds(1))));
}

void ReadHeaders(const HttpResponse& response, absl::Time now,
                 v1::FeedError* error) {
  const auto wait = ReadWait(response.headers, now, response.status == 429);
  if (wait.has_value()) SetDuration(*wait, error->mutable_retry_after());
  const auto window = ReadWindow(response.headers, now);
  if (!window.has_value()) return;
  error->mutable_rate_limit()->set_limit(window->limit);
  error->mutable_rate_limit()->set_remaining(window->remaining);
  SetDuration(window->until_reset,
              error->mutable_rate_limit()->mutable_until_reset());
}

}  // namespace

std::optional<v1::FeedError> FeedErrorOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  v1::FeedError error;
  if (!payload.has_value() || !error.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return error;
}

std::optional<v1::FeedError> ReadErrorBody(std::string_view body) {
  const absl::StatusOr<JsonView> view = JsonView::Parse(body);
  if (!view.ok()) return std::nullopt;
  const std::optional<JsonView> exception = view->Find("exception");
  if (!exception.has_value() || !exception->AsString().has_value()) {
    return std::nullopt;
  }
  v1::FeedError error;
  error.set_exception(TextOf(*exception));
  if (const auto detail = view->Find("detail")) {
    error.set_detail(TextOf(*detail));
  }
  if (const auto code = view->Find("code")) {
    error.set_code(static_cast<int32_t>(std::clamp<int64_t>(
        code->AsInteger().value_or(0), INT32_MIN, INT32_MAX)));
  }
  if (const auto fields = view->Find("exception_fields")) {
    ReadFields(*fields, std::nullopt, &error);
    uint32_t position = 0;
    for (const JsonView& of_one : fields->elements()) {
      ReadFields(of_one, position++, &error);
    }
  }
  return error;
}

std::string DescribeError(const v1::FeedError& error) {
  std::string text = absl::StrCat("the service answered ", error.http_status());
  if (error.code() != 0) absl::StrAppend(&text, ", code ", error.code());
  if (!error.exception().empty()) {
    absl::StrAppend(&text, ", ", error.exception());
  }
  if (!error.detail().empty()) absl::StrAppend(&text, ": ", error.detail());
  for (int i = 0; i < std::min(error.fields_size(), kMaxShownFields); ++i) {
    const v1::FeedError::Field& field = error.fields(i);
    absl::StrAppend(&text, "; ", field.name());
    if (field.has_position()) {
      absl::StrAppend(&text, " of activity ", field.position() + 1);
    }
    absl::StrAppend(&text, ": ", absl::StrJoin(field.messages(), ", "));
  }
  if (error.fields_size() > kMaxShownFields) {
    absl::StrAppend(&text, "; and ", error.fields_size() - kMaxShownFields,
                    " more fields");
  }
  return text;
}

absl::Status AnswerStatus(const HttpResponse& response, absl::Time now) {
  if (response.status >= 200 && response.status < 300) return absl::OkStatus();
  std::optional<v1::FeedError> read = ReadErrorBody(response.body);
  const bool is_api = read.has_value();
  v1::FeedError error = std::move(read).value_or(v1::FeedError());
  error.set_http_status(response.status);
  error.set_maybe_done(response.status == 500 || response.status == 502 ||
                       response.status > 503);
  ReadHeaders(response, now, &error);
  const absl::StatusCode code = CodeOf(response.status, error.code(), is_api);
  std::string message = DescribeError(error);
  if (code == absl::StatusCode::kFailedPrecondition && !is_api) {
    absl::StrAppend(&message,
                    ", which is no answer of the feed API; see to "
                    "base_url and location");
  }
  return WithPayload(code, message, error);
}

absl::Status FailureStatus(const HttpFailure& failure) {
  v1::FeedError error;
  error.set_maybe_done(failure.maybe_sent);
  const std::string why(failure.status.message());
  switch (failure.status.code()) {
    case absl::StatusCode::kFailedPrecondition:
      return WithPayload(
          failure.status.code(),
          absl::StrCat("ca_file: the certificate of the service is not "
                       "trusted: ",
                       why),
          error);
    case absl::StatusCode::kInvalidArgument:
      return WithPayload(absl::StatusCode::kFailedPrecondition,
                         absl::StrCat("base_url: cannot be used: ", why),
                         error);
    case absl::StatusCode::kResourceExhausted:
      return WithPayload(absl::StatusCode::kUnknown,
                         absl::StrCat("the answer is too large: ", why), error);
    default:
      return WithPayload(
          failure.status.code(),
          absl::StrCat(failure.maybe_sent ? "no answer from the service: "
                                          : "the service cannot be reached: ",
                       why),
          error);
  }
}

absl::Status UnreadableAnswer(int http_status, std::string_view what) {
  v1::FeedError error;
  error.set_http_status(http_status);
  error.set_maybe_done(true);
  return WithPayload(
      absl::StatusCode::kUnknown,
      absl::StrCat("the service answered ", http_status,
                   ", which is no answer to this call: ", std::string(what)),
      error);
}

}  // namespace sluice::feed
