#include "tools/sluice/feed/feed_tables.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_view.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// Ids are there to be copied: whole.
constexpr size_t kMaxIdBytes = 200;
constexpr size_t kMaxMemberBytes = 2'000;

std::string Id(std::string_view id) { return Cell(id, kMaxIdBytes); }

// What the service has to say besides its own bookkeeping.
bool IsEnvelope(std::string_view name) { return name == "duration"; }

// `rows` below `head`, or a line when there are none.
std::string Table(std::vector<std::string> head, Rows rows,
                  const std::string& what) {
  if (rows.empty()) return absl::StrCat("no ", what, "\n");
  rows.insert(rows.begin(), std::move(head));
  return FormatTable(rows);
}

std::string ActivityTable(const std::vector<feed::Activity>& activities) {
  Rows rows;
  for (const feed::Activity& activity : activities) {
    rows.push_back({Cell(activity.time), Cell(activity.actor),
                    Cell(activity.verb), Cell(activity.object),
                    Id(activity.foreign_id), Id(activity.id)});
  }
  return Table({"TIME", "ACTOR", "VERB", "OBJECT", "FOREIGN ID", "ID"},
               std::move(rows), "activities");
}

std::string YesNo(const std::optional<bool>& value) {
  if (!value.has_value()) return "-";
  return *value ? "yes" : "no";
}

std::string GroupTable(const std::vector<feed::ActivityGroup>& groups) {
  Rows rows;
  for (const feed::ActivityGroup& group : groups) {
    rows.push_back({Cell(group.updated_at), Cell(group.group),
                    absl::StrCat(group.activity_count),
                    absl::StrCat(group.actor_count), YesNo(group.is_seen),
                    YesNo(group.is_read), Id(group.id)});
  }
  return Table(
      {"UPDATED", "GROUP", "ACTIVITIES", "ACTORS", "SEEN", "READ", "ID"},
      std::move(rows), "groups");
}

}  // namespace

std::string FormatFeedPage(const feed::FeedPage& page) {
  std::string text = page.groups.empty() ? ActivityTable(page.activities)
                                         : GroupTable(page.groups);
  if (page.unseen.has_value() && page.unread.has_value()) {
    absl::StrAppend(&text, *page.unseen, " unseen, ", *page.unread,
                    " unread\n");
  }
  const std::string last = !page.groups.empty() ? page.groups.back().id
                           : !page.activities.empty()
                               ? page.activities.back().id
                               : "";
  if (!page.next.empty() && !last.empty()) {
    absl::StrAppend(&text, "more: --id-lt ", Id(last), "\n");
  }
  return text;
}

std::string FormatActivities(const feed::ActivityList& list) {
  return ActivityTable(list.activities);
}

std::string FormatMembers(const std::string& json) {
  Rows rows;
  const absl::StatusOr<JsonView> view = JsonView::Parse(json);
  if (!view.ok()) return "";
  for (const auto& [name, value] : view->members()) {
    if (IsEnvelope(name)) continue;
    rows.push_back(
        {Cell(name), Cell(value.AsString().value_or(std::string(value.text())),
                          kMaxMemberBytes)});
  }
  return FormatTable(rows);
}

std::string FormatFollows(const feed::FollowPage& page) {
  Rows rows;
  for (const feed::Follow& follow : page.follows) {
    rows.push_back(
        {Cell(follow.created_at), Id(follow.feed_id), Id(follow.target_id)});
  }
  return Table({"SINCE", "FEED", "FOLLOWS"}, std::move(rows), "follows");
}

std::string FormatFollowStats(const feed::FollowStats& stats) {
  return absl::StrCat(
      Count(static_cast<uint64_t>(stats.followers), "follower"), ", follows ",
      Count(static_cast<uint64_t>(stats.following), "feed"), "\n");
}

std::string FormatTargetsChange(const feed::TargetsChange& change) {
  const auto feeds = [](const std::vector<std::string>& names) {
    return names.empty() ? "none" : Cell(absl::StrJoin(names, ", "), 2'000);
  };
  return FormatTable({{"added", feeds(change.added)},
                      {"removed", feeds(change.removed)},
                      {"to", feeds(change.activity.to)}});
}

std::string FormatUsers(const feed::UserList& list) {
  Rows rows;
  for (const feed::User& user : list.users) {
    rows.push_back({Id(user.id), Cell(user.updated_at), Cell(user.data)});
  }
  return Table({"ID", "UPDATED", "DATA"}, std::move(rows), "users");
}

std::string FormatEntries(const feed::CollectionList& list) {
  Rows rows;
  for (const feed::CollectionEntry& entry : list.entries) {
    rows.push_back(
        {Id(entry.foreign_id), Cell(entry.updated_at), Cell(entry.data)});
  }
  return Table({"ENTRY", "UPDATED", "DATA"}, std::move(rows), "entries");
}

std::string FormatReactions(const feed::ReactionPage& page) {
  Rows rows;
  for (const feed::Reaction& reaction : page.reactions) {
    rows.push_back({Cell(reaction.created_at), Cell(reaction.kind),
                    Cell(reaction.user_id), Id(reaction.activity_id),
                    Cell(reaction.data), Id(reaction.id)});
  }
  std::string text =
      Table({"CREATED", "KIND", "USER", "ACTIVITY", "DATA", "ID"},
            std::move(rows), "reactions");
  if (!page.next.empty() && !page.reactions.empty()) {
    absl::StrAppend(&text, "more: --id-lt ", Id(page.reactions.back().id),
                    "\n");
  }
  return text;
}

}  // namespace sluice
