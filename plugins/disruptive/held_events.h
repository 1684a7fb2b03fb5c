// Live events that wait for the past of their device.
#ifndef PLUGINS_DISRUPTIVE_HELD_EVENTS_H_
#define PLUGINS_DISRUPTIVE_HELD_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {

// Keeps events per device in the order they came, each with the epoch it came
// in (see GapRepair).
class HeldEvents {
 public:
  // Keeps a copy of `event`. Epochs do not fall from call to call.
  void Hold(const EventFields& event, uint64_t epoch);

  // Takes out the events of `device` up to `epoch`, in order; may be empty,
  // never null.
  EventBatchPtr Release(std::string_view device, uint64_t epoch);

  // Devices with events, sorted.
  std::vector<std::string> devices() const;
  // Encoded bytes and number of everything held.
  size_t bytes() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  struct Entry {
    EventBatchBuilder events;
    std::vector<uint64_t> epochs;
  };
  absl::flat_hash_map<std::string, Entry> entries_;
  size_t bytes_ = 0;
  size_t size_ = 0;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_HELD_EVENTS_H_
