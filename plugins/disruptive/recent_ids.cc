#include "plugins/disruptive/recent_ids.h"

#include <algorithm>
#include <cstring>

namespace sluice::disruptive {

bool RecentIds::MakeKey(std::string_view id, Key* key) {
  // A zero byte would make two ids of different length look the same.
  if (id.empty() || id.size() > key->size() ||
      id.find('\0') != std::string_view::npos) {
    return false;
  }
  key->fill(0);
  std::memcpy(key->data(), id.data(), id.size());
  return true;
}

bool RecentIds::Insert(std::string_view id) {
  Key key;
  if (!MakeKey(id, &key)) return true;
  if (!ids_.insert(key).second) return false;
  order_.push_back(key);
  if (order_.size() > capacity_) {
    ids_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

bool RecentIds::Contains(std::string_view id) const {
  Key key;
  return MakeKey(id, &key) && ids_.contains(key);
}

void RecentIds::Grow(size_t capacity) {
  capacity_ = std::max(capacity_, capacity);
}

}  // namespace sluice::disruptive
