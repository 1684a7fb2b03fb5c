#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_activity.h"
#include "tools/sandbox/feed/feed_answer.h"
#include "tools/sandbox/feed/feed_calls.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxRead = 100;

// Numbers beyond what a double holds are read as infinite, and no JSON says
// that.
bool IsFinite(const json::value& value) {
  switch (value.kind()) {
    case json::kind::double_:
      return std::isfinite(value.get_double());
    case json::kind::array:
      return std::all_of(value.get_array().begin(), value.get_array().end(),
                         &IsFinite);
    case json::kind::object:
      return std::all_of(
          value.get_object().begin(), value.get_object().end(),
          [](const auto& member) { return IsFinite(member.value()); });
    default:
      return true;
  }
}

bool IsTrue(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(text));
  return !lower.empty() && lower != "false" && lower != "f" && lower != "0";
}

}  // namespace

std::string_view FeedCall::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

bool FeedCall::Flag(std::string_view name) const {
  return IsTrue(Parameter(name));
}

bool FeedCall::Flag(std::string_view name, std::string_view snake_case) const {
  return Flag(name) || Flag(snake_case);
}

std::vector<std::string> FeedCall::List(std::string_view name) const {
  std::vector<std::string> list;
  for (const auto& [key, value] : parameters) {
    if (key != name) continue;
    for (const absl::string_view each :
         absl::StrSplit(value, ',', absl::SkipEmpty())) {
      list.emplace_back(each);
    }
  }
  return list;
}

size_t FeedCall::Count(std::string_view name, size_t standard,
                       size_t most) const {
  size_t count = 0;
  if (!absl::SimpleAtoi(ToAbsl(Parameter(name)), &count)) return standard;
  return std::min(count, most);
}

json::value ParseBody(std::string_view body, json::storage_ptr memory) {
  boost::system::error_code error;
  json::value value =
      json::parse(json::string_view(body.data(), body.size()), error, memory);
  return error || !IsFinite(value) ? json::value(std::move(memory)) : value;
}

const json::array* ArrayMember(const json::object& object,
                               std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

const json::object* ObjectMember(const json::object& object,
                                 std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

std::string TextMember(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return "";
  return value->is_string() ? std::string(value->get_string())
                            : JsonText(*value);
}

std::optional<std::vector<std::string>> FeedList(const json::array* list) {
  std::vector<std::string> feeds;
  if (list == nullptr) return feeds;
  for (const json::value& each : *list) {
    if (!each.is_string()) return std::nullopt;
    const std::string_view text = each.get_string();
    const std::string_view feed = text.substr(0, text.find(' '));
    if (!IsFeedId(feed)) return std::nullopt;
    feeds.emplace_back(feed);
  }
  return feeds;
}

std::optional<FeedRange> RangeOf(const FeedCall& call, HttpResponse& refusal) {
  FeedRange range;
  range.limit = call.Count("limit", range.limit, kMaxRead);
  range.offset = call.Count("offset", 0, std::numeric_limits<size_t>::max());
  for (const auto& [name, bound] :
       {std::pair("id_lt", &range.after), std::pair("id_lte", &range.from),
        std::pair("id_gt", &range.above), std::pair("id_gte", &range.least)}) {
    const std::string_view text = call.Parameter(name);
    if (text.empty()) continue;
    *bound = ActivityId::Parse(text.substr(0, text.find('.')));
    if (!bound->has_value()) {
      refusal = InputError({{name, "must be the id of an activity"}});
      return std::nullopt;
    }
  }
  return range;
}

std::string NextPage(const FeedCall& call, std::string_view bound,
                     std::string_view last) {
  std::string next =
      absl::StrCat(call.request.path, "?", ToAbsl(bound), "=", ToAbsl(last));
  for (const auto& [name, value] : call.parameters) {
    if (name == bound || name == "offset") continue;
    absl::StrAppend(&next, "&", PercentEncode(name), "=", PercentEncode(value));
  }
  return next + "&offset=0";
}

}  // namespace sluice::sandbox
