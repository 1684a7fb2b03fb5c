#include "storage/log/recent_batches.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "glog/logging.h"

namespace sluice {

void RecentBatches::Add(const BatchPlace& place, EventBatchPtr events) {
  DCHECK(batches_.empty() || batches_.back().place.end == place.first);
  tail_bytes_ += events->byte_size();
  batches_.push_back({place, std::move(events)});
  while (tail_bytes_ > max_tail_bytes_ && tail_index_ < batches_.size()) {
    EventBatchPtr& oldest = batches_[tail_index_].events;
    tail_bytes_ -= oldest->byte_size();
    oldest.reset();
    ++tail_index_;
  }
  while (batches_.size() > max_places_) {
    RemoveBelow(batches_.front().place.end);
  }
}

void RecentBatches::RemoveBelow(Sequence sequence) {
  while (!batches_.empty() && batches_.front().place.end <= sequence) {
    if (tail_index_ > 0) {
      --tail_index_;
    } else {
      tail_bytes_ -= batches_.front().events->byte_size();
    }
    batches_.pop_front();
  }
}

size_t RecentBatches::IndexOf(Sequence sequence) const {
  const auto found = std::partition_point(
      batches_.begin(), batches_.end(),
      [sequence](const Batch& batch) { return batch.place.end <= sequence; });
  return static_cast<size_t>(found - batches_.begin());
}

const BatchPlace* RecentBatches::Find(Sequence sequence) const {
  const size_t index = IndexOf(sequence);
  if (index == batches_.size()) return nullptr;
  const BatchPlace& place = batches_[index].place;
  return place.first <= sequence ? &place : nullptr;
}

Sequence RecentBatches::tail_begin() const {
  return tail_index_ < batches_.size() ? batches_[tail_index_].place.first
                                       : std::numeric_limits<Sequence>::max();
}

bool RecentBatches::TailHolds(Sequence sequence) const {
  return sequence >= tail_begin() && sequence < batches_.back().place.end;
}

void RecentBatches::ReadTail(Sequence from, size_t max_bytes, size_t* bytes,
                             std::vector<LogBatch>* out) const {
  for (size_t i = IndexOf(from); i < batches_.size(); ++i) {
    if (*bytes >= max_bytes && !out->empty()) return;
    const BatchPlace& place = batches_[i].place;
    out->push_back({.first_sequence = place.first,
                    .events = batches_[i].events,
                    .append_unix_nanos = place.append_unix_nanos});
    *bytes += batches_[i].events->byte_size();
  }
}

}  // namespace sluice
