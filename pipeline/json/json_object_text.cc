#include "pipeline/json/json_object_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_text.h"

namespace sluice {

JsonObjectText& JsonObjectText::Add(std::string_view name,
                                    std::string_view json) {
  members_.push_back(members_.empty() ? '{' : ',');
  AppendJsonString(name, &members_);
  members_.push_back(':');
  members_.append(json);
  return *this;
}

JsonObjectText& JsonObjectText::AddQuoted(std::string_view quoted_name,
                                          std::string_view json) {
  members_.push_back(members_.empty() ? '{' : ',');
  members_.append(quoted_name).push_back(':');
  members_.append(json);
  return *this;
}

JsonObjectText& JsonObjectText::AddString(std::string_view name,
                                          std::string_view value) {
  std::string json;
  AppendJsonString(value, &json);
  return Add(name, json);
}

JsonObjectText& JsonObjectText::AddInteger(std::string_view name,
                                           int64_t value) {
  return Add(name, absl::StrCat(value));
}

JsonObjectText& JsonObjectText::AddStrings(
    std::string_view name, const std::vector<std::string>& values) {
  return Add(name, JsonArrayOfStrings(values));
}

std::string JsonArrayOfStrings(const std::vector<std::string>& values) {
  return absl::StrCat("[",
                      absl::StrJoin(values, ",",
                                    [](std::string* out, const auto& value) {
                                      AppendJsonString(value, out);
                                    }),
                      "]");
}

std::string JsonArrayOf(const std::vector<std::string>& values) {
  return absl::StrCat("[", absl::StrJoin(values, ","), "]");
}

}  // namespace sluice
