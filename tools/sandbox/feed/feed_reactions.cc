#include "tools/sandbox/feed/feed_reactions.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

bool IsDeleted(const FeedReaction& reaction) {
  return reaction.deleted_micros != 0;
}

}  // namespace

template <typename Visit>
void FeedReactions::ForEachListing(const FeedReaction& reaction, Visit visit) {
  const auto listing = [&](ReactionsOf of,
                           const std::string& owner) -> Listing& {
    return listings_[static_cast<size_t>(of)][owner];
  };
  if (!reaction.parent.empty()) {
    visit(listing(ReactionsOf::kReaction, reaction.parent));
    return;
  }
  visit(listing(ReactionsOf::kActivity, reaction.activity_id));
  visit(listing(ReactionsOf::kUser, reaction.user_id));
}

const FeedReaction& FeedReactions::Add(FeedReaction reaction) {
  reaction.number = ++last_number_;
  auto kept = std::make_unique<FeedReaction>(std::move(reaction));
  const FeedReaction& added = *kept;
  by_id_.emplace(added.id, std::move(kept));
  ForEachListing(added, [&](Listing& listing) {
    listing.reactions.push_back(&added);
    listing.kinds.insert(added.kind);
  });
  return added;
}

const FeedReaction* FeedReactions::Find(std::string_view id) const {
  const auto found = by_id_.find(ToAbsl(id));
  return found == by_id_.end() ? nullptr : found->second.get();
}

FeedReaction* FeedReactions::Find(std::string_view id) {
  return const_cast<FeedReaction*>(std::as_const(*this).Find(id));
}

std::vector<FeedReaction> FeedReactions::Remove(std::string_view id) {
  std::vector<FeedReaction> removed;
  auto& children = listings_[static_cast<size_t>(ReactionsOf::kReaction)];
  if (const auto found = children.find(ToAbsl(id)); found != children.end()) {
    // Each child takes itself out of this list.
    while (!found->second.reactions.empty()) {
      for (FeedReaction& child :
           Remove(std::string(found->second.reactions.back()->id))) {
        removed.push_back(std::move(child));
      }
    }
    children.erase(ToAbsl(id));
  }
  const auto place = by_id_.find(ToAbsl(id));
  const FeedReaction* reaction = place->second.get();
  ForEachListing(*reaction, [&](Listing& listing) {
    listing.reactions.erase(std::remove(listing.reactions.begin(),
                                        listing.reactions.end(), reaction),
                            listing.reactions.end());
  });
  removed.push_back(std::move(*place->second));
  by_id_.erase(place);
  return removed;
}

ReactionPart FeedReactions::List(ReactionsOf of, std::string_view owner,
                                 const ReactionQuery& query) const {
  ReactionPart part;
  const auto found = ListingsOf(of).find(ToAbsl(owner));
  if (found == ListingsOf(of).end()) return part;
  const auto number_of = [&](const std::string& id, uint64_t otherwise) {
    const FeedReaction* reaction = id.empty() ? nullptr : Find(id);
    return reaction == nullptr ? otherwise : reaction->number;
  };
  // Numbers in [least, end).
  constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
  const uint64_t end = std::min(number_of(query.after, kNone),
                                number_of(query.from, kNone - 1) + 1);
  const uint64_t least =
      std::max(number_of(query.above, 0) + 1, number_of(query.least, 0));
  const std::vector<const FeedReaction*>& all = found->second.reactions;
  for (size_t i = 0; i < all.size(); ++i) {
    const FeedReaction* reaction =
        query.oldest_first() ? all[i] : all[all.size() - 1 - i];
    if (reaction->number < least || reaction->number >= end ||
        IsDeleted(*reaction) ||
        (!query.kind.empty() && reaction->kind != query.kind) ||
        (!query.user.empty() && reaction->user_id != query.user)) {
      continue;
    }
    if (part.reactions.size() == query.limit) {
      part.more = true;
      break;
    }
    part.reactions.push_back(reaction);
  }
  return part;
}

std::map<std::string, int64_t> FeedReactions::Counts(
    ReactionsOf of, std::string_view owner) const {
  std::map<std::string, int64_t> counts;
  const auto found = ListingsOf(of).find(ToAbsl(owner));
  if (found == ListingsOf(of).end()) return counts;
  for (const std::string& kind : found->second.kinds) counts[kind] = 0;
  for (const FeedReaction* reaction : found->second.reactions) {
    if (!IsDeleted(*reaction)) ++counts[reaction->kind];
  }
  return counts;
}

}  // namespace sluice::sandbox
