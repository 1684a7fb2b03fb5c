// Which events have been seen lately.
#ifndef PIPELINE_RUNTIME_DEDUPE_INDEX_H_
#define PIPELINE_RUNTIME_DEDUPE_INDEX_H_

#include <cstddef>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "storage/log/event_log.h"

namespace sluice {

// Remembers keys for at least `window`, unless more than `max_keys` come within
// it; then the oldest half goes early, and `evictions` counts that.
//
// Two generations take turns, so forgetting costs nothing per key: a key is
// remembered between one and two windows.
//
// Thread-safety: none; used by the ingest stage only.
class DedupeIndex {
 public:
  DedupeIndex(absl::Duration window, size_t max_keys);

  // True when `key` was not there; it is now. `now` never goes far back; a jump
  // back only keeps keys longer.
  bool Insert(DedupeKey key, absl::Time now);

  // Forgets `key`: what was inserted for it did not come to be.
  void Erase(DedupeKey key);

  size_t size() const { return current_.size() + previous_.size(); }
  // Times that keys were forgotten early for want of room.
  size_t evictions() const { return evictions_; }

 private:
  using Set = absl::flat_hash_set<DedupeKey>;

  void Rotate(absl::Time now);

  const absl::Duration window_;
  const size_t max_keys_;
  Set current_;
  Set previous_;
  absl::Time current_since_ = absl::InfinitePast();
  size_t evictions_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DEDUPE_INDEX_H_
