#include "pipeline/http/http_answer.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr char kRetryAfterSeconds[] = "5";

}  // namespace

HttpResponse PlainAnswer(int status, std::string_view text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain"}},
          .body = absl::StrCat(ToAbsl(text), "\n")};
}

HttpResponse WithHeader(HttpResponse response, std::string name,
                        std::string value) {
  response.headers.emplace_back(std::move(name), std::move(value));
  return response;
}

HttpResponse ComeAgain(std::string_view why) {
  return WithHeader(PlainAnswer(503, why), "Retry-After", kRetryAfterSeconds);
}

std::string MediaType(const HttpServerRequest& request) {
  const auto type = FindHeader(request.headers, "Content-Type");
  if (!type.has_value()) return "";
  return absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(ToAbsl(type->substr(0, type->find(';')))));
}

bool IsEncoded(const HttpServerRequest& request) {
  const auto encoding = FindHeader(request.headers, "Content-Encoding");
  return encoding.has_value() &&
         !absl::EqualsIgnoreCase(ToAbsl(*encoding), "identity");
}

}  // namespace sluice
