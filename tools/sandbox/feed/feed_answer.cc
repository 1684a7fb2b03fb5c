#include "tools/sandbox/feed/feed_answer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view kFault = "the sandbox was asked to fail";

// The names of `errors`, each once, in order.
std::vector<std::string_view> FieldsOf(const FieldErrors& errors) {
  std::vector<std::string_view> fields;
  for (const auto& [name, text] : errors) {
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) {
      fields.push_back(name);
    }
  }
  return fields;
}

}  // namespace

HttpResponse FeedAnswer(int status, std::string object) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = std::move(object)};
}

HttpResponse FeedError(int status, int code, std::string_view exception,
                       std::string_view detail,
                       std::string_view exception_fields) {
  std::string body = "{\"detail\":";
  AppendJsonString(detail, &body);
  absl::StrAppend(&body, ",\"status_code\":", status, ",\"code\":", code,
                  ",\"exception\":");
  AppendJsonString(exception, &body);
  if (!exception_fields.empty()) {
    absl::StrAppend(&body, ",\"exception_fields\":", ToAbsl(exception_fields));
  }
  body += ",\"more_info\":\"https://getstream.io/docs/api_error_responses\"}";
  return FeedAnswer(status, std::move(body));
}

HttpResponse InputError(std::string_view detail, std::string_view fields) {
  return FeedError(400, 4, "InputException", detail, fields);
}

HttpResponse InputError(const FieldErrors& errors) {
  return InputError(FieldErrorsText(errors), FieldErrorsJson(errors));
}

HttpResponse MissingActivity() {
  return FeedError(400, 13, "MissingActivityException",
                   "the activity doesn't exist");
}

HttpResponse NotAllowed(std::string_view detail) {
  return FeedError(403, 17, "NotAllowedException", detail);
}

HttpResponse NoPolicy() {
  return NotAllowed(
      "You do not have permission to do this, you got this error because there "
      "are no policies allowing this request on this application. Please "
      "consult the documentation https://getstream.io/docs/");
}

HttpResponse DoesNotExist(std::string_view detail) {
  return FeedError(404, 16, "DoesNotExistException", detail);
}

HttpResponse Conflict(std::string_view detail) {
  return FeedError(409, 22, "ConflictException", detail);
}

HttpResponse PlainFeedError(int status) {
  switch (status) {
    case 400:
      return InputError(kFault);
    case 401:
      return FeedError(401, 3, "SignatureException", kFault);
    case 403:
      return NotAllowed(kFault);
    case 404:
      return DoesNotExist(kFault);
    case 405:
      return FeedError(405, 17, "NotAllowedException", kFault);
    case 409:
      return Conflict(kFault);
    case 413:
      return FeedError(413, 18, "InputException", kFault);
    case 429:
      return FeedError(429, 9, "RateLimitReached",
                       "Too many requests, check response headers for more "
                       "information.");
    default:
      return FeedError(status, -1, "StreamApiException", kFault);
  }
}

std::string FieldErrorsJson(const FieldErrors& errors) {
  std::string out = "{";
  for (const std::string_view field : FieldsOf(errors)) {
    if (out.size() > 1) out += ',';
    AppendJsonString(field, &out);
    char separator = '[';
    out += ':';
    for (const auto& [name, text] : errors) {
      if (name != field) continue;
      out += separator;
      separator = ',';
      AppendJsonString(text, &out);
    }
    out += ']';
  }
  return out + "}";
}

std::string FieldErrorsText(const FieldErrors& errors) {
  std::string out = "Errors for fields";
  const char* separator = " ";
  for (const std::string_view field : FieldsOf(errors)) {
    absl::StrAppend(&out, separator, "'", ToAbsl(field), "'");
    separator = ", ";
  }
  return out;
}

}  // namespace sluice::sandbox
