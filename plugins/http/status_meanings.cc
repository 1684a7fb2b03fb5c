#include "plugins/http/status_meanings.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/http/excerpt.h"

namespace sluice::http {
namespace {

// Answers of the class 1xx are followed by another one.
constexpr char kFirstClass = '2';
constexpr char kLastClass = '5';
// Of a key that messages show.
constexpr size_t kMaxWordBytes = 20;

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

bool BeginsWithClass(const std::string& key) {
  return key.size() == 3 && key[0] >= kFirstClass && key[0] <= kLastClass;
}

bool IsClass(const std::string& key) {
  return BeginsWithClass(key) && key.ends_with("xx");
}

bool IsCode(const std::string& key) {
  return BeginsWithClass(key) && IsDigit(key[1]) && IsDigit(key[2]);
}

// Where `key` stands in the configuration; the whole map for one that a path
// cannot show.
std::string FieldOf(const std::string& key) {
  const bool is_word =
      !key.empty() && key.size() <= kMaxWordBytes &&
      std::all_of(key.begin(), key.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c));
      });
  return is_word ? absl::StrCat("statuses.", key) : "statuses";
}

bool IsMeaning(int value) {
  return v1::StatusMeaning_IsValid(value) &&
         value != v1::STATUS_MEANING_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<StatusMeanings> StatusMeanings::Create(
    const v1::HttpSinkConfig& config) {
  StatusMeanings meanings;
  // Sorted, so that of several mistakes it is always the same that is told.
  const std::map<std::string, int> sorted(config.statuses().begin(),
                                          config.statuses().end());
  for (const auto& [key, value] : sorted) {
    if (!IsClass(key) && !IsCode(key)) {
      return ConfigError(
          FieldOf(key),
          absl::StrCat("\"", Excerpt(key, kMaxWordBytes),
                       "\" is no status; give a code from 200 to 599 such as "
                       "\"409\", or a class from \"2xx\" to \"5xx\""));
    }
    if (!IsMeaning(value)) {
      return ConfigError(
          FieldOf(key),
          "has no meaning; give delivered, retry, rejected or misconfigured");
    }
    const auto meaning = static_cast<v1::StatusMeaning>(value);
    const int digit = key[0] - '0';
    if (IsClass(key)) {
      meanings.classes_[digit] = meaning;
    } else {
      const int code = digit * 100 + (key[1] - '0') * 10 + (key[2] - '0');
      meanings.codes_[code] = meaning;
    }
  }
  return meanings;
}

std::optional<v1::StatusMeaning> StatusMeanings::Find(int status) const {
  if (const auto code = codes_.find(status); code != codes_.end()) {
    return code->second;
  }
  if (const auto of_class = classes_.find(status / 100);
      of_class != classes_.end()) {
    return of_class->second;
  }
  return std::nullopt;
}

}  // namespace sluice::http
