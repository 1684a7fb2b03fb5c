// Changing activities by dotted paths.
#include <algorithm>
#include <cstddef>
#include <string>

#include "tools/sandbox/feed/feed_activity.h"
#include "tools/sandbox/feed/json_paths.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxPathParts = 32;

bool MayChange(std::string_view path, FieldErrors& errors) {
  const std::string_view name = path.substr(0, path.find('.'));
  if (name == "id" || name == "foreign_id" || name == "time" || name == "to" ||
      name == "origin") {
    errors.emplace_back(name, "this field cannot be changed");
    return false;
  }
  if (path.empty() || path.front() == '.' || path.back() == '.' ||
      path.find("..") != std::string_view::npos ||
      std::count(path.begin(), path.end(), '.') >=
          static_cast<std::ptrdiff_t>(kMaxPathParts)) {
    errors.emplace_back(path.substr(0, 100),
                        "must be at most 32 names with dots between them");
    return false;
  }
  return true;
}

// The JSON of `activity` with what a change says of it. Where `errors` grow it
// does not count.
std::string ChangedJson(const FeedActivity& activity,
                        const std::optional<JsonView>& set,
                        const std::vector<JsonView>& unset,
                        const ActivityRules& rules, FieldErrors& errors) {
  std::string json = activity.json;
  const auto change = [&](const JsonView& path, const JsonView* value) {
    std::string room;
    const std::string_view name = path.StringIn(&room);
    // What is far too large already only costs time.
    if (json.size() > 2 * rules.max_bytes || !MayChange(name, errors)) return;
    const JsonView object = JsonView::OfKnown(json);
    json = value == nullptr ? UnsetJsonPath(object, name)
                            : SetJsonPath(object, name, value->text());
  };
  if (set.has_value()) {
    set->ForEachMember([&](const JsonView& path, const JsonView& value) {
      change(path, &value);
    });
  }
  for (const JsonView& path : unset) {
    if (path.kind() == JsonView::Kind::kString) {
      change(path, nullptr);
    } else {
      errors.emplace_back("unset", "must be a list of texts");
    }
  }
  return json;
}

}  // namespace

std::optional<FeedActivity> ChangeActivity(const FeedActivity& activity,
                                           const std::optional<JsonView>& set,
                                           const std::vector<JsonView>& unset,
                                           const ActivityRules& rules,
                                           FieldErrors& errors) {
  const size_t errors_before = errors.size();
  const std::string json = ChangedJson(activity, set, unset, rules, errors);
  // What is kept can be read again.
  const absl::StatusOr<JsonView> object = JsonView::Parse(json, kMaxFeedDepth);
  if (!object.ok()) {
    errors.emplace_back("set", "too many values inside each other");
  }
  if (errors.size() > errors_before) return std::nullopt;
  std::optional<FeedActivity> changed = ReadActivity(
      *object, [&] { return activity.id.UnixMicros(); }, rules, errors,
      activity.id);
  if (changed.has_value()) changed->to = activity.to;
  return changed;
}

}  // namespace sluice::sandbox
