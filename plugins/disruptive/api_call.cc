#include "plugins/disruptive/api_call.h"

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/http/excerpt.h"
#include "pipeline/http/url.h"
#include "pipeline/json/json_text.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/vocabulary.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

absl::Status CheckWords(std::string_view argument,
                        const std::vector<std::string>& given,
                        absl::Span<const std::string_view> known) {
  for (const std::string& word : given) {
    if (IsOneOf(word, known)) continue;
    return ArgumentError(argument,
                         absl::StrCat("unknown type \"", Excerpt(word), "\"; ",
                                      Suggestion(word, known)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckId(std::string_view argument, std::string_view id) {
  if (id.empty()) return ArgumentError(argument, "needed: an id");
  if (id == "-" || id == "." || id == ".." || PercentEncode(id) != id) {
    return ArgumentError(
        argument, absl::StrCat("\"", Excerpt(id),
                               "\" is no id; it is the last part of a name "
                               "such as projects/c14u9p094l47ccv1o3p9"));
  }
  return absl::OkStatus();
}

absl::Status CheckIds(std::string_view argument,
                      const std::vector<std::string>& ids) {
  if (ids.empty()) return ArgumentError(argument, "needed: at least one id");
  for (const std::string& id : ids) {
    SLUICE_RETURN_IF_ERROR(CheckId(argument, id));
  }
  return absl::OkStatus();
}

absl::Status CheckDeviceTypes(const std::vector<std::string>& given) {
  return CheckWords("device_types", given, DeviceTypes());
}

absl::Status CheckEventTypes(const std::vector<std::string>& given) {
  return CheckWords("event_types", given, EventTypes());
}

absl::Status CheckLabelKey(std::string_view argument, std::string_view key) {
  if (key.empty() || key.find('=') != std::string_view::npos) {
    return ArgumentError(argument,
                         absl::StrCat("\"", Excerpt(key),
                                      "\" is no key of a label; it is not "
                                      "empty and has no ="));
  }
  return CheckText(argument, key);
}

absl::Status CheckText(std::string_view argument, std::string_view text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return ArgumentError(argument,
                       absl::StrCat("\"", Excerpt(text), "\" is not UTF-8"));
}

std::string ApiPath(std::initializer_list<std::string_view> parts) {
  std::string path;
  for (const std::string_view part : parts) {
    absl::StrAppend(&path, "/", PercentEncode(part));
  }
  return path;
}

boost::json::array JsonList(const std::vector<std::string>& texts) {
  return JsonList("", texts);
}

boost::json::array JsonList(std::string_view prefix,
                            const std::vector<std::string>& texts) {
  boost::json::array list;
  for (const std::string& text : texts) {
    list.emplace_back(absl::StrCat(ToAbsl(prefix), text));
  }
  return list;
}

boost::json::object JsonMap(
    const std::vector<std::pair<std::string, std::string>>& entries) {
  boost::json::object map;
  for (const auto& [key, value] : entries) map[key] = value;
  return map;
}

}  // namespace sluice::disruptive
