#include "tools/sandbox/disruptive/request_json.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {

namespace json = boost::json;

absl::StatusOr<json::object> ParseObject(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) {
    return absl::InvalidArgumentError("the body must be a JSON object");
  }
  return std::move(value.get_object());
}

absl::StatusOr<std::string> TextOf(const json::object& object,
                                   std::string_view name,
                                   std::string fallback) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return fallback;
  if (value->is_string()) return std::string(value->get_string());
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), " must be a text"));
}

absl::StatusOr<std::map<std::string, std::string>> TextMap(
    const json::object& object, std::string_view name) {
  std::map<std::string, std::string> map;
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return map;
  if (value->is_object()) {
    for (const auto& [key, text] : value->get_object()) {
      if (text.is_string()) map[key] = std::string(text.get_string());
    }
    if (map.size() == value->get_object().size()) return map;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), " must map texts to texts"));
}

absl::StatusOr<std::vector<std::string>> TextList(const json::object& object,
                                                  std::string_view name) {
  std::vector<std::string> list;
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return list;
  if (value->is_array()) {
    for (const json::value& text : value->get_array()) {
      if (text.is_string()) list.emplace_back(text.get_string());
    }
    if (list.size() == value->get_array().size()) return list;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), " must be a list of texts"));
}

}  // namespace sluice::sandbox
