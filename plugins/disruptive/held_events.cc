#include "plugins/disruptive/held_events.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "plugins/disruptive/text.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {

void HeldEvents::Hold(const EventFields& event, uint64_t epoch) {
  Entry& entry = entries_[ToAbsl(event.subject)];
  const size_t before = entry.events.wire_size();
  entry.events.Add(event);
  entry.epochs.push_back(epoch);
  bytes_ += entry.events.wire_size() - before;
  ++size_;
}

EventBatchPtr HeldEvents::Release(std::string_view device, uint64_t epoch) {
  const auto it = entries_.find(ToAbsl(device));
  if (it == entries_.end()) return EventBatchBuilder().Build();
  Entry& entry = it->second;
  const size_t count =
      std::upper_bound(entry.epochs.begin(), entry.epochs.end(), epoch) -
      entry.epochs.begin();
  if (count == 0) return EventBatchBuilder().Build();
  bytes_ -= entry.events.wire_size();
  size_ -= entry.epochs.size();
  EventBatchPtr all = entry.events.Build();
  if (count == entry.epochs.size()) {
    entries_.erase(it);
    return all;
  }
  EventBatchBuilder released;
  for (size_t i = 0; i < all->size(); ++i) {
    (i < count ? released : entry.events).AddWire(all->event_wire(i));
  }
  entry.epochs.erase(entry.epochs.begin(), entry.epochs.begin() + count);
  bytes_ += entry.events.wire_size();
  size_ += entry.epochs.size();
  return released.Build();
}

std::vector<std::string> HeldEvents::devices() const {
  std::vector<std::string> devices;
  for (const auto& [device, entry] : entries_) devices.push_back(device);
  std::sort(devices.begin(), devices.end());
  return devices;
}

}  // namespace sluice::disruptive
