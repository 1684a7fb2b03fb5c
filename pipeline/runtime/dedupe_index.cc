#include "pipeline/runtime/dedupe_index.h"

#include <utility>

namespace sluice {

DedupeIndex::DedupeIndex(absl::Duration window, size_t max_keys)
    : window_(window), max_keys_(max_keys) {}

bool DedupeIndex::Insert(DedupeKey key, absl::Time now) {
  if (current_since_ == absl::InfinitePast()) current_since_ = now;
  if (now - current_since_ >= window_) {
    // After a long pause even the younger generation is out of the window.
    if (now - current_since_ >= 2 * window_) current_.clear();
    Rotate(now);
  } else if (current_.size() >= max_keys_ / 2) {
    if (!previous_.empty()) ++evictions_;
    Rotate(now);
  }
  if (previous_.contains(key)) return false;
  return current_.insert(key).second;
}

void DedupeIndex::Erase(DedupeKey key) {
  current_.erase(key);
  previous_.erase(key);
}

void DedupeIndex::Rotate(absl::Time now) {
  previous_ = std::exchange(current_, Set());
  current_since_ = now;
}

}  // namespace sluice
