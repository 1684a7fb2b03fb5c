#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_activity.h"
#include "tools/sandbox/feed/feed_answer.h"
#include "tools/sandbox/feed/feed_calls.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxRead = 100;

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

std::optional<JsonView> ParseBody(std::string_view body) {
  const absl::StatusOr<JsonView> value = JsonView::Parse(body, kMaxFeedDepth);
  return value.ok() ? std::optional(*value) : std::nullopt;
}

std::optional<JsonView> ParseObjectBody(std::string_view body) {
  const std::optional<JsonView> value = ParseBody(body);
  return value.has_value() && value->is_object() ? value : std::nullopt;
}

std::optional<JsonView> ObjectMember(const JsonView& object,
                                     std::string_view name) {
  const std::optional<JsonView> value = object.Find(name);
  return value.has_value() && value->is_object() ? value : std::nullopt;
}

std::string TextMember(const JsonView& object, std::string_view name) {
  const std::optional<JsonView> value = object.Find(name);
  if (!value.has_value() || value->is_null()) return "";
  return value->AsString().value_or(std::string(value->text()));
}

bool FlagMember(const JsonView& object, std::string_view name) {
  const std::optional<JsonView> value = object.Find(name);
  return value.has_value() && value->AsBool().value_or(false);
}

std::optional<std::vector<std::string>> FeedList(
    const std::optional<std::vector<JsonView>>& list) {
  std::vector<std::string> feeds;
  if (!list.has_value()) return feeds;
  for (const JsonView& each : *list) {
    std::string feed = each.AsString().value_or("");
    feed.resize(std::min(feed.find(' '), feed.size()));
    if (!IsFeedId(feed)) return std::nullopt;
    feeds.push_back(std::move(feed));
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
