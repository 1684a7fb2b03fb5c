#include "plugins/inthing/inthing_client.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "plugins/inthing/text_limits.h"
#include "simdjson.h"

namespace sluice::inthing {
namespace {

using Fields = std::vector<std::pair<const char*, std::string>>;

// Of an answer that is no JSON, enough to see what it is.
constexpr size_t kSnippetBytes = 120;
constexpr absl::Duration kShortestWindow = absl::Minutes(1);

template <size_t N>
bool IsOneOf(const std::string& value,
             const std::array<std::string_view, N>& known) {
  return std::find(known.begin(), known.end(), value) != known.end();
}

// In the order of the official client; what it leaves out comes last.
Fields FieldsOf(const Stream& stream, const Post& post) {
  Fields fields;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) fields.emplace_back(name, value);
  };
  add("stream", stream.id);
  add("password", stream.password);
  add("title", post.title);
  add("type", post.type);
  add("priority", absl::StrCat(post.priority));
  add("markup", post.markup);
  add("description", post.description);
  add("text", post.text);
  add("generator", post.generator);
  add("code_language", post.code_language);
  if (post.time_unix_seconds.has_value()) {
    add("time", absl::StrCat(*post.time_unix_seconds));
  }
  return fields;
}

// application/x-www-form-urlencoded as Python's quote_plus writes it.
void AppendFormEncoded(const std::string& value, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : value) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '_' || c == '.' || c == '-' ||
        c == '~') {
      out->push_back(c);
    } else if (c == ' ') {
      out->push_back('+');
    } else {
      out->push_back('%');
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    }
  }
}

std::string UrlEncodedBody(const Fields& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body.push_back('&');
    absl::StrAppend(&body, name, "=");
    AppendFormEncoded(value, &body);
  }
  return body;
}

// multipart/form-data (RFC 7578), the image last.
std::string MultipartBody(const Fields& fields, const Image& image,
                          const std::string& boundary) {
  std::string body;
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&body, "--", boundary,
                    "\r\nContent-Disposition: form-data; name=\"", name,
                    "\"\r\n\r\n", value, "\r\n");
  }
  absl::StrAppend(&body, "--", boundary,
                  "\r\nContent-Disposition: form-data; name=\"image\"; "
                  "filename=\"",
                  image.file_name, "\"\r\nContent-Type: ", image.media_type,
                  "\r\n\r\n", image.bytes, "\r\n--", boundary, "--\r\n");
  return body;
}

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

PostAnswer ReadFailure(const HttpFailure& failure) {
  PostAnswer answer;
  answer.message = std::string(failure.status.message());
  if (absl::IsFailedPrecondition(failure.status) ||
      absl::IsInvalidArgument(failure.status)) {
    answer.kind = PostAnswer::Kind::kMisconfigured;
  } else {
    answer.kind = failure.maybe_sent ? PostAnswer::Kind::kLost
                                     : PostAnswer::Kind::kUnreachable;
  }
  return answer;
}

}  // namespace

absl::Status ValidatePost(const Post& post) {
  constexpr std::array<std::string_view, 4> kTypes = {"text", "code", "image",
                                                      "screenshot"};
  constexpr std::array<std::string_view, 4> kMarkups = {"markdown", "text",
                                                        "html", "bbcode"};
  constexpr std::array<std::string_view, 8> kLanguages = {
      "", "python", "ruby", "c", "cpp", "javascript", "html", "xml"};
  const auto too_long = [](const char* field, size_t limit) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " is longer than ", limit, " characters"));
  };
  if (post.title.empty()) return absl::InvalidArgumentError("title is empty");
  if (CountCodePoints(post.title) > kMaxTitle) {
    return too_long("title", kMaxTitle);
  }
  if (CountCodePoints(post.generator) > kMaxGenerator) {
    return too_long("generator", kMaxGenerator);
  }
  if (CountCodePoints(post.description) > kMaxDescription) {
    return too_long("description", kMaxDescription);
  }
  if (CountCodePoints(post.text) > kMaxText) return too_long("text", kMaxText);
  if (!IsOneOf(post.type, kTypes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("type \"", post.type, "\" is unknown"));
  }
  if (!IsOneOf(post.markup, kMarkups)) {
    return absl::InvalidArgumentError(
        absl::StrCat("markup \"", post.markup, "\" is unknown"));
  }
  if (!IsOneOf(post.code_language, kLanguages)) {
    return absl::InvalidArgumentError(
        absl::StrCat("code_language \"", post.code_language, "\" is unknown"));
  }
  if (post.priority < -2 || post.priority > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("priority ", post.priority, " is not within -2 to 2"));
  }
  if (post.type == "image" && !post.image.has_value()) {
    return absl::InvalidArgumentError("type image needs an image");
  }
  return absl::OkStatus();
}

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

InthingClient::InthingClient(InthingClientOptions options, HttpClient* http,
                             absl::BitGenRef* random)
    : options_(std::move(options)), http_(http), random_(random) {}

std::unique_ptr<HttpCall> InthingClient::Send(
    const Stream& stream, const Post& post,
    absl::AnyInvocable<absl::Time()> now,
    absl::AnyInvocable<void(PostAnswer)> done) {
  return http_->Fetch(MakeRequest(stream, post),
                      [now = std::move(now), done = std::move(done)](
                          HttpResponse response, HttpFailure failure) mutable {
                        done(failure.status.ok()
                                 ? ReadPostAnswer(response, now())
                                 : ReadFailure(failure));
                      });
}

HttpRequest InthingClient::MakeRequest(const Stream& stream, const Post& post) {
  HttpRequest request;
  request.method = "POST";
  std::string base = options_.base_url;
  while (absl::EndsWith(base, "/")) base.pop_back();
  // No redirect is ever followed: it would turn the POST into a GET.
  request.url = absl::StrCat(base, "/api/new-event/?format=json");
  request.connect_timeout = options_.connect_timeout;
  request.total_timeout = options_.timeout;
  request.max_response_bytes = 1 << 20;
  request.tls.ca_file = options_.ca_file;
  request.headers = {{"User-Agent", "sluice"}, {"Accept", "*/*"}};
  const Fields fields = FieldsOf(stream, post);
  if (!post.image.has_value()) {
    request.headers.emplace_back("Content-Type",
                                 "application/x-www-form-urlencoded");
    request.body = UrlEncodedBody(fields);
    return request;
  }
  std::string boundary;
  for (int i = 0; i < 2; ++i) {
    absl::StrAppend(&boundary, absl::Hex((*random_)(), absl::kZeroPad16));
  }
  request.headers.emplace_back(
      "Content-Type", absl::StrCat("multipart/form-data; boundary=", boundary));
  request.body = MultipartBody(fields, *post.image, boundary);
  return request;
}

}  // namespace sluice::inthing
