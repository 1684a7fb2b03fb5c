#include "tools/sandbox/json_fields.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr double kMaxSeconds = 30 * 86400;

}  // namespace

JsonFields::JsonFields(std::string_view text,
                       std::initializer_list<std::string_view> names) {
  if (text.empty()) return;
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    status_ = absl::InvalidArgumentError("the body must be one JSON object");
    return;
  }
  object_ = std::move(value.get_object());
  for (const auto& member : object_) {
    const std::string_view key = member.key();
    if (std::find(names.begin(), names.end(), key) == names.end()) {
      Fail(key, "is not known here");
    }
  }
}

std::string JsonFields::Text(std::string_view name, std::string fallback) {
  const json::value* value = Find(name);
  if (value == nullptr) return fallback;
  if (!value->is_string()) return Fail(name, "must be a text"), fallback;
  return std::string(value->get_string());
}

int64_t JsonFields::Whole(std::string_view name, int64_t least, int64_t most,
                          int64_t fallback) {
  const json::value* value = Find(name);
  if (value == nullptr) return fallback;
  if (!value->is_int64() || value->get_int64() < least ||
      value->get_int64() > most) {
    Fail(name,
         absl::StrCat("must be a whole number from ", least, " to ", most));
    return fallback;
  }
  return value->get_int64();
}

double JsonFields::Number(std::string_view name, double least, double most,
                          double fallback) {
  const json::value* value = Find(name);
  if (value == nullptr) return fallback;
  const double number = value->is_number() ? value->to_number<double>() : 0;
  if (!value->is_number() || !(number >= least && number <= most)) {
    Fail(name, absl::StrCat("must be a number from ", least, " to ", most));
    return fallback;
  }
  return number;
}

absl::Duration JsonFields::Seconds(std::string_view name,
                                   absl::Duration fallback) {
  if (!Has(name)) return fallback;
  const double seconds = Number(name, 0, kMaxSeconds, -1);
  return seconds < 0 ? fallback : absl::Seconds(seconds);
}

bool JsonFields::Flag(std::string_view name, bool fallback) {
  const json::value* value = Find(name);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) return Fail(name, "must be true or false"), fallback;
  return value->get_bool();
}

HttpHeaders JsonFields::Headers(std::string_view name) {
  HttpHeaders headers;
  const json::value* value = Find(name);
  if (value == nullptr) return headers;
  if (!value->is_object()) return Fail(name, "must be an object"), headers;
  for (const auto& [key, text] : value->get_object()) {
    if (!text.is_string()) return Fail(name, "values must be texts"), headers;
    headers.emplace_back(std::string_view(key),
                         std::string_view(text.get_string()));
  }
  return headers;
}

void JsonFields::Fail(std::string_view name, std::string_view allowed) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      absl::StrCat("field \"", ToAbsl(name), "\" ", ToAbsl(allowed)));
}

const json::value* JsonFields::Find(std::string_view name) const {
  const json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace sluice::sandbox
