#include "tools/sandbox/feed/feed_store.h"

#include <algorithm>
#include <utility>

#include "storage/base/to_absl.h"

namespace sluice::sandbox {

FeedStore::Number FeedStore::FeedNumber(std::string_view name) {
  const auto found = numbers_.find(ToAbsl(name));
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<Number>(feeds_.size());
  Feed& feed = feeds_.emplace_back();
  feed.name = name;
  feed.observed = observer_ != nullptr && observer_->Observes(name);
  numbers_.emplace(feed.name, number);
  return number;
}

const FeedStore::Feed* FeedStore::FindFeed(std::string_view name) const {
  const auto found = numbers_.find(ToAbsl(name));
  return found == numbers_.end() ? nullptr : &feeds_[found->second];
}

FeedStore::Stored& FeedStore::Store(FeedActivity activity, bool keep_to) {
  std::unique_ptr<Stored>& place = activities_[activity.id];
  if (place == nullptr) {
    place = std::make_unique<Stored>();
  } else if (keep_to) {
    activity.to = std::move(place->activity.to);
  }
  place->activity = std::move(activity);
  return *place;
}

bool FeedStore::Put(Stored& stored, Number feed, Number origin) {
  Feed& target = feeds_[feed];
  Origins& origins = target.entries[stored.activity.id];
  if (origins.empty()) {
    stored.places.push_back(feed);
    if (target.observed) observer_->Entered(target.name, stored.activity);
  } else if (std::find(origins.begin(), origins.end(), origin) !=
             origins.end()) {
    return false;
  }
  origins.push_back(origin);
  return true;
}

bool FeedStore::PutAndFanOut(Stored& stored, Number feed) {
  const bool is_new = Put(stored, feed, kDirect);
  for (const Link& link : feeds_[feed].followers) Put(stored, link.other, feed);
  return is_new;
}

FeedStore::Added FeedStore::Add(std::string_view feed, FeedActivity activity) {
  const Number number = FeedNumber(feed);
  Stored& stored = Store(std::move(activity), /*keep_to=*/false);
  if (stored.owner == kDirect) stored.owner = number;
  const bool is_new = PutAndFanOut(stored, number);
  for (const std::string& target : stored.activity.to) {
    PutAndFanOut(stored, FeedNumber(target));
  }
  return {stored.activity, is_new};
}

size_t FeedStore::AddToMany(const std::vector<std::string>& feeds,
                            FeedActivity activity) {
  Stored& stored = Store(std::move(activity), /*keep_to=*/true);
  size_t added = 0;
  for (const std::string& feed : feeds) {
    const Number number = FeedNumber(feed);
    if (stored.owner == kDirect) stored.owner = number;
    if (Put(stored, number, kDirect)) ++added;
  }
  return added;
}

void FeedStore::Update(FeedActivity activity) {
  Store(std::move(activity), /*keep_to=*/true);
}

void FeedStore::ChangeTargets(ActivityId id,
                              const std::vector<std::string>& added,
                              const std::vector<std::string>& removed) {
  Stored& stored = *activities_.at(id);
  std::vector<std::string>& to = stored.activity.to;
  for (const std::string& feed : removed) {
    to.erase(std::remove(to.begin(), to.end(), feed), to.end());
    TakeOut(stored, FeedNumber(feed));
  }
  for (const std::string& feed : added) {
    if (std::find(to.begin(), to.end(), feed) == to.end()) to.push_back(feed);
    PutAndFanOut(stored, FeedNumber(feed));
  }
}

const FeedActivity* FeedStore::Find(ActivityId id) const {
  const auto found = activities_.find(id);
  return found == activities_.end() ? nullptr : &found->second->activity;
}

std::optional<FeedItem> FeedStore::FindIn(std::string_view feed,
                                          ActivityId id) const {
  const Feed* found = FindFeed(feed);
  if (found == nullptr) return std::nullopt;
  const auto entry = found->entries.find(id);
  if (entry == found->entries.end()) return std::nullopt;
  return ItemOf(activities_.at(id)->activity, entry->second);
}

FeedItem FeedStore::ItemOf(const FeedActivity& activity,
                           const Origins& origins) const {
  const bool direct =
      std::find(origins.begin(), origins.end(), kDirect) != origins.end();
  return {&activity,
          direct ? std::string_view() : feeds_[origins.front()].name};
}

void FeedStore::EraseEntry(Stored& stored, Number feed) {
  Feed& place = feeds_[feed];
  place.entries.erase(stored.activity.id);
  stored.places.erase(
      std::remove(stored.places.begin(), stored.places.end(), feed),
      stored.places.end());
  if (place.observed) observer_->Left(place.name, stored.activity.id);
}

void FeedStore::TakeOrigin(Stored& stored, Number feed, Number origin) {
  Origins& origins = feeds_[feed].entries.at(stored.activity.id);
  origins.erase(std::remove(origins.begin(), origins.end(), origin),
                origins.end());
  if (origins.empty()) EraseEntry(stored, feed);
}

bool FeedStore::TakeOut(Stored& stored, Number feed) {
  if (!feeds_[feed].entries.contains(stored.activity.id)) return false;
  EraseEntry(stored, feed);
  // Feeds that no longer follow it may have kept what they got.
  const auto places = stored.places;
  for (const Number place : places) TakeOrigin(stored, place, feed);
  return true;
}

bool FeedStore::Remove(std::string_view feed, ActivityId id) {
  const auto number = numbers_.find(ToAbsl(feed));
  const auto stored = activities_.find(id);
  if (number == numbers_.end() || stored == activities_.end() ||
      !TakeOut(*stored->second, number->second)) {
    return false;
  }
  if (stored->second->owner != number->second) return true;
  // Its `to` feeds, those that follow them, and wherever else it still
  // stands: nothing refers to what is gone.
  const auto places = stored->second->places;
  for (const Number place : places) EraseEntry(*stored->second, place);
  activities_.erase(stored);
  return true;
}

size_t FeedStore::RemoveForeign(std::string_view feed,
                                std::string_view foreign_id) {
  const Feed* found = FindFeed(feed);
  if (found == nullptr) return 0;
  std::vector<ActivityId> ids;
  for (const auto& [id, origins] : found->entries) {
    if (activities_.at(id)->activity.foreign_id == foreign_id) {
      ids.push_back(id);
    }
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
  std::vector<ActivityId> newest;
  const auto& entries = feeds_[followed].entries;
  for (auto entry = entries.rbegin();
       entry != entries.rend() && newest.size() < copy_limit; ++entry) {
    const Origins& origins = entry->second;
    if (std::find(origins.begin(), origins.end(), kDirect) != origins.end()) {
      newest.push_back(entry->first);
    }
  }
  // Oldest first, as they would have come.
  for (auto id = newest.rbegin(); id != newest.rend(); ++id) {
    Put(*activities_.at(*id), source, followed);
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
  for (const ActivityId id : ids) {
    TakeOrigin(*activities_.at(id), source, followed);
  }
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
    part.items.push_back(
        ItemOf(activities_.at(entry->first)->activity, entry->second));
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
