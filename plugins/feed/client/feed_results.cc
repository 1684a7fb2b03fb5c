#include "plugins/feed/client/feed_results.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

// Texts decoded, null as nothing, everything else as JSON.
std::string TextOf(const JsonView& value) {
  if (value.is_null()) return "";
  return value.AsString().value_or(std::string(value.text()));
}

std::vector<std::string> TextsOf(const JsonView& list) {
  std::vector<std::string> texts;
  for (const JsonView& element : list.elements()) {
    // Old entries of `to` are [feed, token] (stream-go2 8.9.0 activity.go).
    const std::vector<JsonView> pair = element.elements();
    texts.push_back(TextOf(pair.empty() ? element : pair.front()));
  }
  return texts;
}

Activity ReadActivity(const JsonView& view) {
  Activity activity;
  activity.json = std::string(view.text());
  for (const auto& [name, value] : view.members()) {
    if (name == "id") activity.id = TextOf(value);
    if (name == "foreign_id") activity.foreign_id = TextOf(value);
    if (name == "time") activity.time = TextOf(value);
    if (name == "actor") activity.actor = TextOf(value);
    if (name == "verb") activity.verb = TextOf(value);
    if (name == "object") activity.object = TextOf(value);
    if (name == "target") activity.target = TextOf(value);
    if (name == "origin") activity.origin = TextOf(value);
    if (name == "to") activity.to = TextsOf(value);
  }
  return activity;
}

ActivityGroup ReadGroup(const JsonView& view) {
  ActivityGroup group;
  group.json = std::string(view.text());
  for (const auto& [name, value] : view.members()) {
    if (name == "id") group.id = TextOf(value);
    if (name == "group") group.group = TextOf(value);
    if (name == "verb") group.verb = TextOf(value);
    if (name == "activity_count") {
      group.activity_count = value.AsInteger().value_or(0);
    }
    if (name == "actor_count") {
      group.actor_count = value.AsInteger().value_or(0);
    }
    if (name == "created_at") group.created_at = TextOf(value);
    if (name == "updated_at") group.updated_at = TextOf(value);
    if (name == "is_seen") group.is_seen = value.AsBool();
    if (name == "is_read") group.is_read = value.AsBool();
    if (name == "activities") {
      for (const JsonView& activity : value.elements()) {
        group.activities.push_back(ReadActivity(activity));
      }
    }
  }
  return group;
}

Follow ReadFollow(const JsonView& view) {
  Follow follow;
  for (const auto& [name, value] : view.members()) {
    if (name == "feed_id") follow.feed_id = TextOf(value);
    if (name == "target_id") follow.target_id = TextOf(value);
    if (name == "created_at") follow.created_at = TextOf(value);
    if (name == "updated_at") follow.updated_at = TextOf(value);
  }
  return follow;
}

User ReadUser(const JsonView& view) {
  User user;
  user.json = std::string(view.text());
  for (const auto& [name, value] : view.members()) {
    if (name == "id") user.id = TextOf(value);
    if (name == "data") user.data = std::string(value.text());
    if (name == "created_at") user.created_at = TextOf(value);
    if (name == "updated_at") user.updated_at = TextOf(value);
  }
  return user;
}

CollectionEntry ReadEntry(const JsonView& view) {
  CollectionEntry entry;
  entry.json = std::string(view.text());
  for (const auto& [name, value] : view.members()) {
    if (name == "id") entry.id = TextOf(value);
    if (name == "collection") entry.collection = TextOf(value);
    if (name == "foreign_id") entry.foreign_id = TextOf(value);
    if (name == "data") entry.data = std::string(value.text());
    if (name == "created_at") entry.created_at = TextOf(value);
    if (name == "updated_at") entry.updated_at = TextOf(value);
  }
  return entry;
}

Reaction ReadReaction(const JsonView& view) {
  Reaction reaction;
  reaction.json = std::string(view.text());
  for (const auto& [name, value] : view.members()) {
    if (name == "id") reaction.id = TextOf(value);
    if (name == "kind") reaction.kind = TextOf(value);
    if (name == "activity_id") reaction.activity_id = TextOf(value);
    if (name == "user_id") reaction.user_id = TextOf(value);
    if (name == "parent") reaction.parent = TextOf(value);
    if (name == "data") reaction.data = std::string(value.text());
    if (name == "created_at") reaction.created_at = TextOf(value);
    if (name == "updated_at") reaction.updated_at = TextOf(value);
    if (name == "deleted_at") reaction.deleted_at = TextOf(value);
  }
  return reaction;
}

absl::Status Lacks(std::string_view what) {
  return absl::UnknownError(absl::StrCat("it has no ", std::string(what)));
}

// The list called `name`.
absl::StatusOr<std::vector<JsonView>> List(const JsonView& view,
                                           std::string_view name) {
  const std::optional<JsonView> list = view.Find(name);
  if (!list.has_value() || !list->is_array()) {
    return Lacks(absl::StrCat("list \"", std::string(name), "\""));
  }
  return list->elements();
}

std::string Text(const JsonView& view, std::string_view name) {
  const std::optional<JsonView> value = view.Find(name);
  return value.has_value() ? TextOf(*value) : "";
}

std::optional<int64_t> Integer(const JsonView& view, std::string_view name) {
  const std::optional<JsonView> value = view.Find(name);
  return value.has_value() ? value->AsInteger() : std::nullopt;
}

absl::Status RequireId(const std::string& id) {
  return id.empty() ? Lacks("\"id\"") : absl::OkStatus();
}

absl::StatusOr<int64_t> FollowCount(const JsonView& view,
                                    std::string_view direction) {
  const auto results = view.Find("results");
  const auto side = results.has_value() ? results->Find(direction)
                                        : std::optional<JsonView>();
  const auto count =
      side.has_value() ? Integer(*side, "count") : std::optional<int64_t>();
  if (!count.has_value()) {
    return Lacks(absl::StrCat("count of ", std::string(direction)));
  }
  return *count;
}

}  // namespace

absl::Status ReadResult(const JsonView&, FeedAnswer*) {
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, FeedPage* result) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> entries,
                          List(view, "results"));
  for (const JsonView& entry : entries) {
    // Activities always have an actor, groups never.
    if (!entry.Find("actor").has_value() &&
        entry.Find("activities").has_value()) {
      result->groups.push_back(ReadGroup(entry));
    } else {
      result->activities.push_back(ReadActivity(entry));
    }
  }
  result->next = Text(view, "next");
  result->unseen = Integer(view, "unseen");
  result->unread = Integer(view, "unread");
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, AddedActivity* result) {
  result->activity = ReadActivity(view);
  return RequireId(result->activity.id);
}

absl::Status ReadResult(const JsonView& view, ActivityList* result) {
  // Looking up brings "results", adding and changing "activities".
  const bool is_lookup = view.Find("results").has_value();
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> activities,
                          List(view, is_lookup ? "results" : "activities"));
  for (const JsonView& activity : activities) {
    result->activities.push_back(ReadActivity(activity));
  }
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, RemovedActivity* result) {
  result->removed = Text(view, "removed");
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, TargetsChange* result) {
  const std::optional<JsonView> activity = view.Find("activity");
  if (!activity.has_value()) return Lacks("\"activity\"");
  result->activity = ReadActivity(*activity);
  if (const auto added = view.Find("added")) result->added = TextsOf(*added);
  if (const auto removed = view.Find("removed")) {
    result->removed = TextsOf(*removed);
  }
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, FollowPage* result) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> follows,
                          List(view, "results"));
  for (const JsonView& follow : follows) {
    result->follows.push_back(ReadFollow(follow));
  }
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, FollowStats* result) {
  SLUICE_ASSIGN_OR_RETURN(result->followers, FollowCount(view, "followers"));
  SLUICE_ASSIGN_OR_RETURN(result->following, FollowCount(view, "following"));
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, UserAnswer* result) {
  result->user = ReadUser(view);
  result->followers_count = Integer(view, "followers_count");
  result->following_count = Integer(view, "following_count");
  return RequireId(result->user.id);
}

absl::Status ReadResult(const JsonView& view, UserList* result) {
  const bool is_lookup = view.Find("users").has_value();
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> users,
                          List(view, is_lookup ? "users" : "created_users"));
  for (const JsonView& user : users) result->users.push_back(ReadUser(user));
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, CollectionAnswer* result) {
  result->entry = ReadEntry(view);
  return RequireId(result->entry.id);
}

absl::Status ReadResult(const JsonView& view, CollectionList* result) {
  const std::optional<JsonView> response = view.Find("response");
  if (!response.has_value()) return Lacks("\"response\"");
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> entries,
                          List(*response, "data"));
  for (const JsonView& entry : entries) {
    result->entries.push_back(ReadEntry(entry));
  }
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, ReactionAnswer* result) {
  result->reaction = ReadReaction(view);
  return RequireId(result->reaction.id);
}

absl::Status ReadResult(const JsonView& view, ReactionPage* result) {
  // Looking up by id brings "reactions".
  const bool is_lookup = view.Find("reactions").has_value();
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> reactions,
                          List(view, is_lookup ? "reactions" : "results"));
  for (const JsonView& reaction : reactions) {
    result->reactions.push_back(ReadReaction(reaction));
  }
  result->next = Text(view, "next");
  result->activity = Text(view, "activity");
  return absl::OkStatus();
}

absl::Status ReadResult(const JsonView& view, PagePreview* result) {
  result->title = Text(view, "title");
  result->description = Text(view, "description");
  // Both names are seen in answers.
  result->url = Text(view, "original_url");
  if (result->url.empty()) result->url = Text(view, "url");
  return absl::OkStatus();
}

}  // namespace sluice::feed
