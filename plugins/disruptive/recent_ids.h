// The ids seen lately.
#ifndef PLUGINS_DISRUPTIVE_RECENT_IDS_H_
#define PLUGINS_DISRUPTIVE_RECENT_IDS_H_

#include <array>
#include <cstddef>
#include <deque>
#include <string_view>

#include "absl/container/flat_hash_set.h"

namespace sluice::disruptive {

// Remembers the last `capacity` ids, so that obvious repeats (two streams
// during a handover, history that overlaps the stream) go no further. It may
// forget; what it says it has seen, it has seen.
class RecentIds {
 public:
  explicit RecentIds(size_t capacity) : capacity_(capacity) {}

  // Notes `id`. False: it was there already.
  bool Insert(std::string_view id);
  bool Contains(std::string_view id) const;
  // Makes room for at least `capacity` ids.
  void Grow(size_t capacity);
  size_t size() const { return order_.size(); }

 private:
  // Ids of the service have 20 characters. A longer one than fits here is not
  // remembered.
  using Key = std::array<char, 24>;
  static bool MakeKey(std::string_view id, Key* key);

  size_t capacity_;
  absl::flat_hash_set<Key> ids_;
  std::deque<Key> order_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_RECENT_IDS_H_
