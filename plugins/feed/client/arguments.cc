#include "plugins/feed/client/arguments.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_text.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

constexpr size_t kMaxTargets = 100;
constexpr size_t kMaxQuotedBytes = 80;

std::string Quote(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  return absl::StrCat("\"", std::string(text.substr(0, kMaxQuotedBytes)),
                      cut ? "...\"" : "\"");
}

std::string At(std::string_view argument, size_t index) {
  return absl::StrCat(std::string(argument), "[", index, "]");
}

// `time` with the zone in the form of RFC 3339.
std::string WithZone(std::string_view time) {
  const size_t t = time.find('T');
  if (t == std::string_view::npos || time.ends_with('Z')) {
    return std::string(time);
  }
  const size_t sign = time.find_first_of("+-", t);
  if (sign == std::string_view::npos) {
    return absl::StrCat(std::string(time), "Z");
  }
  const bool has_colon = time.find(':', sign) != std::string_view::npos;
  if (has_colon || time.size() - sign != 5) return std::string(time);
  return absl::StrCat(std::string(time.substr(0, sign + 3)), ":",
                      std::string(time.substr(sign + 3)));
}

absl::Status CheckTargets(std::string_view argument, const JsonView& to) {
  const std::vector<JsonView> targets = to.elements();
  if (targets.size() > kMaxTargets) {
    return ArgumentError(
        argument, absl::StrCat("has ", targets.size(), " feeds; at most ",
                               kMaxTargets, " are allowed"));
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const std::optional<std::string> target = targets[i].AsString();
    if (!target.has_value()) {
      return ArgumentError(At(argument, i), "must be a feed, \"group:id\"");
    }
    const std::string_view feed =
        std::string_view(*target).substr(0, target->find(' '));
    SLUICE_RETURN_IF_ERROR(ParseFeed(At(argument, i), feed).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ArgumentError(std::string_view argument,
                           std::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(argument), ": ", std::string(message)));
}

absl::Status CheckText(std::string_view argument, std::string_view text) {
  if (text.empty()) return ArgumentError(argument, "must not be empty");
  if (!IsUtf8(text)) return ArgumentError(argument, "must be UTF-8");
  return absl::OkStatus();
}

absl::Status CheckSegment(std::string_view argument, std::string_view text) {
  if (text == "." || text == "..") {
    return ArgumentError(argument, "must not be \".\" or \"..\"");
  }
  return CheckText(argument, text);
}

absl::StatusOr<FeedName> ParseFeed(std::string_view argument,
                                   std::string_view text) {
  const absl::StatusOr<FeedName> name = ParseFeedName(text);
  if (name.ok()) return name;
  return ArgumentError(argument, std::string(name.status().message()));
}

absl::Status CheckFeeds(std::string_view argument,
                        const std::vector<std::string>& feeds) {
  for (size_t i = 0; i < feeds.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(ParseFeed(At(argument, i), feeds[i]).status());
  }
  return absl::OkStatus();
}

absl::Status CheckCount(std::string_view argument,
                        const std::optional<int64_t>& count) {
  if (!count.has_value() || *count >= 0) return absl::OkStatus();
  return ArgumentError(argument,
                       absl::StrCat(*count, " is not allowed; 0 or more is"));
}

absl::Status CheckTime(std::string_view argument, std::string_view time) {
  if (ParseRfc3339(WithZone(time)).has_value()) return absl::OkStatus();
  return ArgumentError(
      argument, absl::StrCat(Quote(time),
                             " is no time; write e.g. "
                             "2020-01-02T03:04:05.123456, which is UTC"));
}

std::string FeedTime(absl::Time time) {
  std::string text;
  AppendMicroseconds(absl::ToUnixNanos(time), &text);
  return text;
}

absl::StatusOr<std::string> JoinList(std::string_view argument,
                                     const std::vector<std::string>& texts) {
  if (texts.empty()) return ArgumentError(argument, "must not be empty");
  for (size_t i = 0; i < texts.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(CheckText(At(argument, i), texts[i]));
    if (texts[i].find(',') != std::string::npos) {
      return ArgumentError(
          At(argument, i),
          absl::StrCat(Quote(texts[i]),
                       " has a comma, which separates entries"));
    }
  }
  return absl::StrJoin(texts, ",");
}

absl::StatusOr<JsonView> ParseJson(std::string_view argument,
                                   std::string_view json) {
  const absl::StatusOr<JsonView> view = JsonView::Parse(json);
  if (view.ok()) return view;
  return ArgumentError(argument, std::string(view.status().message()));
}

absl::StatusOr<JsonView> ParseObject(std::string_view argument,
                                     std::string_view json) {
  absl::StatusOr<JsonView> view = ParseJson(argument, json);
  if (view.ok() && !view->is_object()) {
    return ArgumentError(argument, "must be a JSON object, {...}");
  }
  return view;
}

absl::StatusOr<JsonView> ParseArray(std::string_view argument,
                                    std::string_view json) {
  absl::StatusOr<JsonView> view = ParseJson(argument, json);
  if (view.ok() && !view->is_array()) {
    return ArgumentError(argument, "must be a JSON array, [...]");
  }
  return view;
}

absl::Status CheckActivity(std::string_view argument, std::string_view json) {
  SLUICE_ASSIGN_OR_RETURN(const JsonView activity, ParseObject(argument, json));
  const std::optional<JsonView> to = activity.Find("to");
  if (!to.has_value() || to->is_null()) return absl::OkStatus();
  const std::string name = absl::StrCat(std::string(argument), ".to");
  if (!to->is_array()) {
    return ArgumentError(name, "must be a list of feeds, [\"group:id\", ...]");
  }
  return CheckTargets(name, *to);
}

absl::Status CheckActivities(std::string_view argument,
                             const std::vector<std::string>& activities) {
  for (size_t i = 0; i < activities.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(CheckActivity(At(argument, i), activities[i]));
  }
  return absl::OkStatus();
}

}  // namespace sluice::feed
