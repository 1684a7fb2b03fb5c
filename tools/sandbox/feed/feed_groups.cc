#include "tools/sandbox/feed/feed_groups.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_activity.h"

namespace sluice::sandbox {

std::vector<FeedGroup> StandardFeedGroups() {
  std::vector<FeedGroup> groups;
  for (const char* slug : {"user", "flat", "timeline", "topic", "secret"}) {
    groups.push_back({.slug = slug});
  }
  for (const char* slug : {"aggregated", "timeline_aggregated"}) {
    groups.push_back({.slug = slug, .kind = FeedKind::kAggregated});
  }
  groups.push_back({.slug = "notification", .kind = FeedKind::kNotification});
  groups.push_back({.slug = "invalid_aggregation_format",
                    .kind = FeedKind::kAggregated,
                    .format = "{{test[]}}"});
  return groups;
}

absl::StatusOr<FeedGroup> ParseFeedGroup(std::string_view text) {
  FeedGroup group;
  const size_t colon = text.find(':');
  group.slug = text.substr(0, colon);
  if (!IsFeedPart(group.slug)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "feed group \"", ToAbsl(text),
        "\": the name must consist of letters, digits, '_' and '-'"));
  }
  if (colon == std::string_view::npos) return group;
  const std::string_view rest = text.substr(colon + 1);
  const size_t next = rest.find(':');
  const std::string_view kind = rest.substr(0, next);
  if (kind == "aggregated") {
    group.kind = FeedKind::kAggregated;
  } else if (kind == "notification") {
    group.kind = FeedKind::kNotification;
  } else if (kind != "flat") {
    return absl::InvalidArgumentError(
        absl::StrCat("feed group \"", ToAbsl(text), "\": \"", ToAbsl(kind),
                     "\" must be flat, aggregated or notification"));
  }
  if (next != std::string_view::npos) group.format = rest.substr(next + 1);
  return group;
}

FeedGroups::FeedGroups(const std::vector<FeedGroup>& groups, bool strict,
                       absl::AnyInvocable<int64_t()> clock)
    : strict_(strict), clock_(std::move(clock)) {
  for (const FeedGroup& group : groups) {
    configs_.insert_or_assign(
        group.slug, Config{group.kind, AggregationFormat::Parse(group.format)});
  }
}

const FeedGroups::Config* FeedGroups::FindConfig(std::string_view feed) const {
  const auto found = configs_.find(ToAbsl(feed.substr(0, feed.find(':'))));
  return found == configs_.end() ? nullptr : &found->second;
}

const FeedGroups::GroupedFeed* FeedGroups::FindFeed(
    std::string_view feed) const {
  const auto found = feeds_.find(ToAbsl(feed));
  return found == feeds_.end() ? nullptr : &found->second;
}

std::optional<FeedKind> FeedGroups::KindOf(std::string_view feed) const {
  const Config* config = FindConfig(feed);
  if (config != nullptr) return config->kind;
  return strict_ ? std::nullopt : std::optional(FeedKind::kFlat);
}

absl::Status FeedGroups::FormatStatus(std::string_view feed) const {
  const Config* config = FindConfig(feed);
  return config == nullptr ? absl::OkStatus() : config->format.status();
}

GroupPart FeedGroups::Read(std::string_view feed,
                           const FeedRange& range) const {
  GroupPart part;
  const GroupedFeed* found = FindFeed(feed);
  if (found == nullptr) return part;
  size_t skip = range.offset;
  for (auto each = found->groups.rbegin(); each != found->groups.rend();
       ++each) {
    if (!range.Contains(each->first)) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    if (part.groups.size() == range.limit) {
      part.more = true;
      break;
    }
    part.groups.push_back({each->first, &each->second});
  }
  return part;
}

size_t FeedGroups::CountWithout(std::string_view feed,
                                bool ActivityGroup::*mark) const {
  const GroupedFeed* found = FindFeed(feed);
  if (found == nullptr) return 0;
  return static_cast<size_t>(
      std::count_if(found->groups.begin(), found->groups.end(),
                    [&](const auto& each) { return !(each.second.*mark); }));
}

size_t FeedGroups::Unseen(std::string_view feed) const {
  return CountWithout(feed, &ActivityGroup::seen);
}

size_t FeedGroups::Unread(std::string_view feed) const {
  return CountWithout(feed, &ActivityGroup::read);
}

void FeedGroups::Mark(std::string_view feed, const std::vector<ActivityId>& ids,
                      bool ActivityGroup::*mark) {
  const auto found = feeds_.find(ToAbsl(feed));
  if (found == feeds_.end()) return;
  for (const ActivityId id : ids) {
    const auto group = found->second.groups.find(id);
    if (group != found->second.groups.end()) group->second.*mark = true;
  }
}

void FeedGroups::MarkSeen(std::string_view feed,
                          const std::vector<ActivityId>& ids) {
  Mark(feed, ids, &ActivityGroup::seen);
}

void FeedGroups::MarkRead(std::string_view feed,
                          const std::vector<ActivityId>& ids) {
  Mark(feed, ids, &ActivityGroup::read);
}

std::vector<ActivityId> FeedGroups::All(std::string_view feed) const {
  std::vector<ActivityId> ids;
  const GroupedFeed* found = FindFeed(feed);
  if (found == nullptr) return ids;
  for (const auto& [id, group] : found->groups) ids.push_back(id);
  return ids;
}

bool FeedGroups::Observes(std::string_view feed) const {
  const Config* config = FindConfig(feed);
  return config != nullptr && config->kind != FeedKind::kFlat &&
         config->format.ok();
}

void FeedGroups::Entered(std::string_view feed, const FeedActivity& activity) {
  const Config* config = FindConfig(feed);
  GroupedFeed& grouped = feeds_[ToAbsl(feed)];
  const std::string key =
      config->format->Render(ActivityView(activity), activity.id.UnixMicros());
  ActivityGroup group;
  const int64_t now = clock_();
  const auto old = grouped.by_key.find(key);
  if (old == grouped.by_key.end()) {
    group.key = key;
    group.created_micros = now;
  } else {
    const auto place = grouped.groups.find(old->second);
    group = std::move(place->second);
    grouped.groups.erase(place);
  }
  group.updated_micros = now;
  group.seen = false;
  group.read = false;
  group.activities.insert(activity.id);
  grouped.key_of.insert_or_assign(activity.id, key);
  const ActivityId id = MakeActivityId(key, now);
  grouped.by_key.insert_or_assign(key, id);
  grouped.groups.emplace(id, std::move(group));
}

void FeedGroups::Left(std::string_view feed, ActivityId activity) {
  GroupedFeed& grouped = feeds_[ToAbsl(feed)];
  const auto key = grouped.key_of.find(activity);
  if (key == grouped.key_of.end()) return;
  const auto id = grouped.by_key.find(key->second);
  const auto group = grouped.groups.find(id->second);
  group->second.activities.erase(activity);
  if (group->second.activities.empty()) {
    grouped.groups.erase(group);
    grouped.by_key.erase(id);
  }
  grouped.key_of.erase(key);
}

}  // namespace sluice::sandbox
