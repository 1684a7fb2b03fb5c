#include "tools/sandbox/disruptive/disruptive_http.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "pipeline/http/http_server.h"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

std::string SnakeCase(std::string_view name) {
  std::string snake;
  for (char character : name) {
    if (absl::ascii_isupper(character)) snake += '_';
    snake += absl::ascii_tolower(character);
  }
  return snake;
}

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    default:
      return 500;
  }
}

}  // namespace

HttpResponse JsonAnswer(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

HttpResponse DisruptiveError(int status, std::string_view text) {
  std::string body = R"({"error":)";
  // It may quote what came in a URL.
  AppendJsonLineString(ToUtf8(text), &body);
  absl::StrAppend(&body, R"(,"code":)", status,
                  R"(,"help":"https://docs.d21s.com/error/#)", status, R"("})");
  return JsonAnswer(status, std::move(body));
}

HttpResponse DisruptiveError(const absl::Status& status) {
  const absl::string_view message = status.message();
  return DisruptiveError(HttpStatusOf(status.code()),
                         std::string_view(message.data(), message.size()));
}

absl::Status NoSuch(std::string_view what) {
  return absl::NotFoundError(absl::StrCat(ToAbsl(what), " not found"));
}

DisruptiveQuery::DisruptiveQuery(std::string_view query, size_t list_page_size)
    : list_page_size_(list_page_size), parameters_(ParseQuery(query)) {
  for (auto& [name, value] : parameters_) name = SnakeCase(name);
}

std::vector<std::string> DisruptiveQuery::All(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : parameters_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<std::string> DisruptiveQuery::One(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name && !value.empty()) return value;
  }
  return std::nullopt;
}

absl::StatusOr<size_t> DisruptiveQuery::PageSize(size_t standard,
                                                 size_t most) const {
  const std::optional<std::string> text = One("page_size");
  if (!text.has_value()) return standard;
  int64_t size = 0;
  if (!absl::SimpleAtoi(*text, &size) || size < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid page size \"", *text, "\""));
  }
  if (size == 0) return standard;
  return std::min(static_cast<size_t>(size), most);
}

absl::StatusOr<std::string> DisruptiveQuery::Page(
    std::string_view key, size_t count,
    absl::FunctionRef<std::string(size_t)> item) const {
  size_t page_size = 0;
  SLUICE_ASSIGN_OR_RETURN(page_size,
                          PageSize(list_page_size_, list_page_size_));
  // "d200" begins with the 201st.
  size_t begin = 0;
  if (const auto token = One("page_token")) {
    absl::string_view digits = *token;
    if (!absl::ConsumePrefix(&digits, "d") ||
        !absl::SimpleAtoi(digits, &begin)) {
      return absl::InvalidArgumentError("invalid page token");
    }
  }
  begin = std::min(begin, count);
  const size_t end = begin + std::min(page_size, count - begin);
  std::string page = absl::StrCat("{\"", ToAbsl(key), "\":[");
  for (size_t i = begin; i < end; ++i) {
    if (i > begin) page += ',';
    page += item(i);
  }
  page += R"(],"nextPageToken":")";
  if (end < count) absl::StrAppend(&page, "d", end);
  page += R"("})";
  return page;
}

DisruptivePath DisruptivePath::Parse(std::string_view path) {
  DisruptivePath parsed;
  for (absl::string_view part :
       absl::StrSplit(ToAbsl(path), '/', absl::SkipEmpty())) {
    parsed.parts.push_back(
        PercentDecode(std::string_view(part.data(), part.size())));
  }
  if (parsed.parts.empty()) return parsed;
  std::string& last = parsed.parts.back();
  if (const size_t colon = last.rfind(':'); colon != std::string::npos) {
    parsed.verb = last.substr(colon + 1);
    last.resize(colon);
  }
  return parsed;
}

}  // namespace sluice::sandbox
