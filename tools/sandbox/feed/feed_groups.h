// Feed groups (the part before the colon) and, of aggregated and notification
// feeds, the activities that stand together.
//
// Facts: stream-swift FeedEndpoint.swift (recorded answers), stream-python
// 5.3.1 stream/tests/test_client.py, stream-net 7.4.0 tests/,
// https://getstream.io/activity-feeds/docs/ "Flat feeds".
#ifndef TOOLS_SANDBOX_FEED_FEED_GROUPS_H_
#define TOOLS_SANDBOX_FEED_FEED_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "tools/sandbox/feed/aggregation_format.h"
#include "tools/sandbox/feed/feed_store.h"

namespace sluice::sandbox {

enum class FeedKind { kFlat, kAggregated, kNotification };

// A feed group, as an application's dashboard has it.
struct FeedGroup {
  std::string slug;
  FeedKind kind = FeedKind::kFlat;
  std::string format = std::string(AggregationFormat::kStandard);
};

// The groups that the service's public test applications have.
std::vector<FeedGroup> StandardFeedGroups();

// "topic", "alerts:notification", "daily:aggregated:{{ verb }}".
//   kInvalidArgument: says what would be right.
absl::StatusOr<FeedGroup> ParseFeedGroup(std::string_view text);

// Activities of one feed with the same key.
struct ActivityGroup {
  std::string key;
  int64_t created_micros = 0;
  int64_t updated_micros = 0;
  bool seen = false;
  bool read = false;
  absl::btree_set<ActivityId> activities;
};

// A group with its id: made of its key and of when it last changed.
struct GroupItem {
  ActivityId id;
  const ActivityGroup* group;
};

struct GroupPart {
  std::vector<GroupItem> groups;  // the latest change first
  bool more = false;
};

// Follows the feeds of a FeedStore that are not flat.
//
// Thread-safety: none. Pointers hold until the next change.
class FeedGroups final : public FeedObserver {
 public:
  // `clock` gives the server's time in microseconds, a later one at each call.
  // With `strict` feeds of other groups than these do not exist; without they
  // are flat.
  FeedGroups(const std::vector<FeedGroup>& groups, bool strict,
             absl::AnyInvocable<int64_t()> clock);

  // The group of a feed ("user:1") or slug. Nullopt: it is not configured.
  std::optional<FeedKind> KindOf(std::string_view feed) const;
  // OK, or what is wrong with the format of a feed's group.
  absl::Status FormatStatus(std::string_view feed) const;

  GroupPart Read(std::string_view feed, const FeedRange& range) const;
  // How many groups are not seen, and not read.
  size_t Unseen(std::string_view feed) const;
  size_t Unread(std::string_view feed) const;
  // Marks groups by the ids that Read() gave; unknown ones are ignored.
  void MarkSeen(std::string_view feed, const std::vector<ActivityId>& ids);
  void MarkRead(std::string_view feed, const std::vector<ActivityId>& ids);
  // The ids of all groups of a feed.
  std::vector<ActivityId> All(std::string_view feed) const;

  bool Observes(std::string_view feed) const override;
  void Entered(std::string_view feed, const FeedActivity& activity) override;
  void Left(std::string_view feed, ActivityId activity) override;

 private:
  struct Config {
    FeedKind kind;
    absl::StatusOr<AggregationFormat> format;
  };
  struct GroupedFeed {
    absl::btree_map<ActivityId, ActivityGroup> groups;
    absl::flat_hash_map<std::string, ActivityId> by_key;
    absl::flat_hash_map<ActivityId, std::string> key_of;  // by activity
  };

  const Config* FindConfig(std::string_view feed) const;
  const GroupedFeed* FindFeed(std::string_view feed) const;
  size_t CountWithout(std::string_view feed, bool ActivityGroup::*mark) const;
  void Mark(std::string_view feed, const std::vector<ActivityId>& ids,
            bool ActivityGroup::*mark);

  const bool strict_;
  absl::AnyInvocable<int64_t()> clock_;
  absl::flat_hash_map<std::string, Config> configs_;
  absl::flat_hash_map<std::string, GroupedFeed> feeds_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_GROUPS_H_
