#include "plugins/feed/feed_batch.h"

#include <optional>

#include "absl/container/flat_hash_set.h"

namespace sluice::feed {
namespace {

constexpr std::string_view kBodyBegin = "{\"activities\":[";
constexpr std::string_view kBodyEnd = "]}";

// Most deliveries have one feed or a few: then looking through them is faster
// than a table.
constexpr size_t kMaxLinearSearch = 16;

}  // namespace

std::string FeedBatch::Body(ActivityRange range) const {
  const size_t begin = activities_[range.begin].begin;
  const size_t end = activities_[range.end - 1].end;
  std::string body;
  body.reserve(kBodyBegin.size() + (end - begin) + kBodyEnd.size());
  body.append(kBodyBegin);
  body.append(json_, begin, end - begin);
  body.append(kBodyEnd);
  return body;
}

std::vector<ActivityRange> FeedBatch::Cut(const RequestLimits& limits) const {
  std::vector<ActivityRange> ranges;
  absl::flat_hash_set<uint64_t> keys;
  ActivityRange range;
  for (size_t i = 0; i < activities_.size(); ++i) {
    const size_t bytes = kBodyBegin.size() + kBodyEnd.size() +
                         activities_[i].end - activities_[range.begin].begin;
    const bool fits = range.size() < limits.max_activities &&
                      bytes <= limits.max_bytes &&
                      !keys.contains(activities_[i].key);
    if (!fits && range.size() > 0) {
      ranges.push_back(range);
      range = {i, i};
      keys.clear();
    }
    range.end = i + 1;
    keys.insert(activities_[i].key);
  }
  if (range.size() > 0) ranges.push_back(range);
  return ranges;
}

FeedBatch& DeliverySorter::BatchFor(std::string_view feed,
                                    std::vector<FeedBatch>& batches) {
  if (batches.size() <= kMaxLinearSearch) {
    for (FeedBatch& batch : batches) {
      if (batch.feed() == feed) return batch;
    }
    return batches.emplace_back(std::string(feed));
  }
  // The table is only worth its upkeep for deliveries with many feeds.
  for (; indexed_ < batches.size(); ++indexed_) {
    index_.emplace(batches[indexed_].feed(), indexed_);
  }
  const auto [at, is_new] =
      index_.try_emplace(std::string(feed), batches.size());
  if (is_new) {
    batches.emplace_back(std::string(feed));
    ++indexed_;
  }
  return batches[at->second];
}

std::vector<FeedBatch> DeliverySorter::Sort(const Delivery& delivery,
                                            std::vector<Outcome>* outcomes) {
  std::vector<FeedBatch> batches;
  index_.clear();
  indexed_ = 0;
  for (size_t i = 0; i < delivery.items.size(); ++i) {
    input_.Reset(delivery.items[i].event);
    std::string_view feed;
    std::optional<Outcome> rejected = writer_.RenderFeed(input_, &feed);
    if (!rejected.has_value()) {
      FeedBatch& batch = BatchFor(feed, batches);
      const size_t before = batch.json_.size();
      if (before > 0) batch.json_.push_back(',');
      const size_t begin = batch.json_.size();
      uint64_t key = 0;
      rejected = writer_.Append(input_, &batch.json_, &key);
      if (rejected.has_value()) {
        batch.json_.resize(before);
      } else {
        batch.activities_.push_back({begin, batch.json_.size(), key, i});
      }
    }
    if (rejected.has_value()) (*outcomes)[i] = *std::move(rejected);
  }
  std::erase_if(batches, [](const FeedBatch& b) { return b.size() == 0; });
  return batches;
}

}  // namespace sluice::feed
