#include "plugins/http/answer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "pipeline/api/http_result.h"
#include "pipeline/http/excerpt.h"

namespace sluice::http {
namespace {

// Of an answer, in messages and dead letters.
constexpr size_t kExplanationBytes = 300;
constexpr char kUrlField[] = "url";
constexpr char kCaFileField[] = "ca_file";
constexpr char kBlank[] = "(secret)";

// The whole answer came, or at least its status, and the rest was too long.
bool HasStatus(const HttpResponse& response, const HttpFailure& failure) {
  return failure.status.ok() ||
         (absl::IsResourceExhausted(failure.status) && response.status != 0);
}

bool RefusesCredentials(int status) {
  return status == 401 || status == 403 || status == 407;
}

bool IsDelivered(const DeliveryResult& result) {
  return result.misconfigured.ok() &&
         result.outcomes[0].kind == Outcome::Kind::kDelivered;
}

void AddExplanation(const std::string& explanation, DeliveryResult* result) {
  if (explanation.empty()) return;
  if (!result->misconfigured.ok()) {
    result->misconfigured = absl::Status(
        result->misconfigured.code(),
        absl::StrCat(result->misconfigured.message(), ": ", explanation));
    return;
  }
  absl::StrAppend(&result->outcomes[0].message, ": ", explanation);
}

}  // namespace

AnswerReader::AnswerReader(StatusMeanings statuses,
                           std::string credentials_field,
                           std::vector<std::string> secrets)
    : statuses_(std::move(statuses)),
      credentials_field_(std::move(credentials_field)),
      secrets_(std::move(secrets)) {
  std::sort(secrets_.begin(), secrets_.end(),
            [](const std::string& a, const std::string& b) {
              return a.size() > b.size();
            });
}

DeliveryResult AnswerReader::Read(const HttpResponse& response,
                                  const HttpFailure& failure,
                                  absl::Time now) const {
  const HttpResultFields fields = {.url = kUrlField,
                                   .credentials = credentials_field_,
                                   .certificates = kCaFileField};
  if (!HasStatus(response, failure)) {
    return HttpDeliveryResult(response, failure, now, fields);
  }
  const std::optional<v1::StatusMeaning> meaning =
      statuses_.Find(response.status);
  DeliveryResult result = meaning.has_value()
                              ? Configured(*meaning, response, now)
                              : HttpDeliveryResult(response, {}, now, fields);
  if (!IsDelivered(result)) AddExplanation(Explanation(response), &result);
  return result;
}

DeliveryResult AnswerReader::Configured(v1::StatusMeaning meaning,
                                        const HttpResponse& response,
                                        absl::Time now) const {
  const std::string answer =
      absl::StrCat("the service answered ", response.status);
  DeliveryResult result;
  switch (meaning) {
    case v1::DELIVERED:
      return DeliveryResult::All(Outcome::Delivered());
    case v1::REJECTED:
      return DeliveryResult::All(Outcome::Rejected(
          response.status == 413 ? "too_large" : "refused", answer));
    case v1::MISCONFIGURED:
      result.misconfigured = absl::FailedPreconditionError(
          absl::StrCat(FieldFor(response.status), ": ", answer));
      return result;
    default:
      break;
  }
  result = DeliveryResult::All(Outcome::Retry(answer));
  if (const auto after = FindHeader(response.headers, "Retry-After")) {
    result.retry_after = ParseRetryAfter(*after, now);
  }
  return result;
}

const char* AnswerReader::FieldFor(int status) const {
  return RefusesCredentials(status) ? credentials_field_.c_str() : kUrlField;
}

std::string AnswerReader::Explanation(const HttpResponse& response) const {
  if (response.status / 100 == 3) {
    const auto location = FindHeader(response.headers, "Location");
    if (location.has_value()) {
      return absl::StrCat(
          "redirects are not followed; this one is to ",
          Excerpt(Blanked(std::string(*location)), kExplanationBytes));
    }
  }
  return Excerpt(Blanked(response.body), kExplanationBytes);
}

std::string AnswerReader::Blanked(std::string text) const {
  for (const std::string& secret : secrets_) {
    absl::StrReplaceAll({{secret, kBlank}}, &text);
  }
  return text;
}

}  // namespace sluice::http
