#include "tools/sandbox/feed/feed_store.h"

#include <algorithm>
#include <utility>

#include "storage/base/to_absl.h"

namespace sluice::sandbox {

FeedStore::Number FeedStore::FeedNumber(std::string_view name) {
  const auto found = numbers_.find(ToAbsl(name));
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<Number>(feeds_.size());
  feeds_.emplace_back().name = std::string(name);
  numbers_.emplace(std::string(name), number);
  return number;
}

const FeedStore::Feed* FeedStore::FindFeed(std::string_view name) const {
  const auto found = numbers_.find(ToAbsl(name));
  return found == numbers_.end() ? nullptr : &feeds_[found->second];
}

FeedStore::Stored& FeedStore::Store(FeedActivity activity, bool keep_to) {
  const auto [place, is_new] = activities_.try_emplace(activity.id);
  Stored& stored = place->second;
  if (!is_new && keep_to) activity.to = std::move(stored.activity.to);
  stored.activity = std::move(activity);
  return stored;
}

bool FeedStore::Put(Number feed, ActivityId id, Number origin) {
  Origins& origins = feeds_[feed].entries[id];
  if (std::find(origins.begin(), origins.end(), origin) != origins.end()) {
    return false;
  }
  origins.push_back(origin);
  return true;
}

bool FeedStore::PutAndFanOut(Number feed, ActivityId id) {
  const bool is_new = Put(feed, id, kDirect);
  for (const Link& link : feeds_[feed].followers) Put(link.other, id, feed);
  return is_new;
}

bool FeedStore::Add(std::string_view feed, FeedActivity activity) {
  const ActivityId id = activity.id;
  const Number number = FeedNumber(feed);
  Stored& stored = Store(std::move(activity), /*keep_to=*/false);
  if (stored.owner == kDirect) stored.owner = number;
  const bool is_new = PutAndFanOut(number, id);
  for (const std::string& target : stored.activity.to) {
    PutAndFanOut(FeedNumber(target), id);
  }
  return is_new;
}

size_t FeedStore::AddToMany(const std::vector<std::string>& feeds,
                            FeedActivity activity) {
  const ActivityId id = activity.id;
  Stored& stored = Store(std::move(activity), /*keep_to=*/true);
  size_t added = 0;
  for (const std::string& feed : feeds) {
    const Number number = FeedNumber(feed);
    if (stored.owner == kDirect) stored.owner = number;
    if (Put(number, id, kDirect)) ++added;
  }
  return added;
}

void FeedStore::Update(FeedActivity activity) {
  Store(std::move(activity), /*keep_to=*/true);
}

void FeedStore::ChangeTargets(ActivityId id,
                              const std::vector<std::string>& added,
                              const std::vector<std::string>& removed) {
  std::vector<std::string>& to = activities_.at(id).activity.to;
  for (const std::string& feed : removed) {
    to.erase(std::remove(to.begin(), to.end(), feed), to.end());
    TakeOut(FeedNumber(feed), id);
  }
  for (const std::string& feed : added) {
    if (std::find(to.begin(), to.end(), feed) == to.end()) to.push_back(feed);
    PutAndFanOut(FeedNumber(feed), id);
  }
}

const FeedActivity* FeedStore::Find(ActivityId id) const {
  const auto found = activities_.find(id);
  return found == activities_.end() ? nullptr : &found->second.activity;
}

void FeedStore::TakeOrigin(Feed& feed, ActivityId id, Number origin) {
  const auto entry = feed.entries.find(id);
  if (entry == feed.entries.end()) return;
  Origins& origins = entry->second;
  origins.erase(std::remove(origins.begin(), origins.end(), origin),
                origins.end());
  if (origins.empty()) feed.entries.erase(entry);
}

bool FeedStore::TakeOut(Number feed, ActivityId id) {
  if (feeds_[feed].entries.erase(id) == 0) return false;
  // Feeds that no longer follow it may have kept what they got.
  for (Feed& other : feeds_) TakeOrigin(other, id, feed);
  return true;
}

bool FeedStore::Remove(std::string_view feed, ActivityId id) {
  const auto number = numbers_.find(ToAbsl(feed));
  if (number == numbers_.end() || !TakeOut(number->second, id)) return false;
  const auto stored = activities_.find(id);
  if (stored == activities_.end() || stored->second.owner != number->second) {
    return true;
  }
  for (const std::string& target : stored->second.activity.to) {
    TakeOut(FeedNumber(target), id);
  }
  // Wherever else it still stands, nothing refers to what is gone.
  for (Feed& other : feeds_) other.entries.erase(id);
  activities_.erase(stored);
  return true;
}

size_t FeedStore::RemoveForeign(std::string_view feed,
                                std::string_view foreign_id) {
  const Feed* found = FindFeed(feed);
  if (found == nullptr) return 0;
  std::vector<ActivityId> ids;
  for (const auto& [id, origins] : found->entries) {
    if (activities_.at(id).activity.foreign_id == foreign_id) ids.push_back(id);
  }
  for (const ActivityId id : ids) Remove(feed, id);
  return ids.size();
}

void FeedStore::Follow(std::string_view feed, std::string_view target,
                       size_t copy_limit, int64_t now_micros) {
  const Number source = FeedNumber(feed);
  const Number followed = FeedNumber(target);
  std::vector<Link>& following = feeds_[source].following;
  if (std::none_of(following.begin(), following.end(),
                   [&](const Link& link) { return link.other == followed; })) {
    following.push_back({followed, now_micros});
    feeds_[followed].followers.push_back({source, now_micros});
  }
  const auto& entries = feeds_[followed].entries;
  for (auto entry = entries.rbegin(); entry != entries.rend() && copy_limit > 0;
       ++entry) {
    const Origins& origins = entry->second;
    if (std::find(origins.begin(), origins.end(), kDirect) == origins.end()) {
      continue;
    }
    Put(source, entry->first, followed);
    --copy_limit;
  }
}

void FeedStore::Unfollow(std::string_view feed, std::string_view target,
                         bool keep_history) {
  if (FindFeed(feed) == nullptr || FindFeed(target) == nullptr) return;
  const Number source = FeedNumber(feed);
  const Number followed = FeedNumber(target);
  const auto drop = [](std::vector<Link>& links, Number other) {
    links.erase(
        std::remove_if(links.begin(), links.end(),
                       [&](const Link& link) { return link.other == other; }),
        links.end());
  };
  drop(feeds_[source].following, followed);
  drop(feeds_[followed].followers, source);
  if (keep_history) return;
  std::vector<ActivityId> ids;
  for (const auto& [id, origins] : feeds_[source].entries) {
    if (std::find(origins.begin(), origins.end(), followed) != origins.end()) {
      ids.push_back(id);
    }
  }
  for (const ActivityId id : ids) TakeOrigin(feeds_[source], id, followed);
}

std::vector<FeedRelation> FeedStore::Following(std::string_view feed) const {
  std::vector<FeedRelation> relations;
  const Feed* found = FindFeed(feed);
  if (found == nullptr) return relations;
  const auto& links = found->following;
  for (auto link = links.rbegin(); link != links.rend(); ++link) {
    relations.push_back(
        {found->name, feeds_[link->other].name, link->created_micros});
  }
  return relations;
}

std::vector<FeedRelation> FeedStore::Followers(std::string_view feed) const {
  std::vector<FeedRelation> relations;
  const Feed* found = FindFeed(feed);
  if (found == nullptr) return relations;
  const auto& links = found->followers;
  for (auto link = links.rbegin(); link != links.rend(); ++link) {
    relations.push_back(
        {feeds_[link->other].name, found->name, link->created_micros});
  }
  return relations;
}

FeedPart FeedStore::Read(std::string_view feed, const FeedRange& range) const {
  FeedPart part;
  const Feed* found = FindFeed(feed);
  if (found == nullptr) return part;
  const auto& entries = found->entries;
  auto end = entries.end();
  if (range.after.has_value()) end = entries.lower_bound(*range.after);
  if (range.from.has_value()) {
    const auto other = entries.upper_bound(*range.from);
    if (other != entries.end() &&
        (end == entries.end() || other->first < end->first)) {
      end = other;
    }
  }
  size_t skip = range.offset;
  for (auto entry = end; entry != entries.begin();) {
    --entry;
    if (range.above.has_value() && entry->first <= *range.above) break;
    if (range.least.has_value() && entry->first < *range.least) break;
    if (skip > 0) {
      --skip;
      continue;
    }
    if (part.items.size() == range.limit) {
      part.more = true;
      break;
    }
    const Origins& origins = entry->second;
    const bool direct =
        std::find(origins.begin(), origins.end(), kDirect) != origins.end();
    part.items.push_back(
        {&activities_.at(entry->first).activity,
         direct ? std::string_view() : feeds_[origins.front()].name});
  }
  return part;
}

std::vector<FeedStore::Summary> FeedStore::Feeds() const {
  std::vector<Summary> all;
  for (const Feed& feed : feeds_) {
    all.push_back({feed.name, feed.entries.size(), feed.followers.size(),
                   feed.following.size()});
  }
  std::sort(all.begin(), all.end(),
            [](const Summary& a, const Summary& b) { return a.name < b.name; });
  return all;
}

}  // namespace sluice::sandbox
