// Event history of the emulated Disruptive Technologies API.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_EVENT_HISTORY_H_
#define TOOLS_SANDBOX_DISRUPTIVE_EVENT_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::sandbox {

struct EventHistoryOptions {
  // An event shows up so long after it arrived.
  absl::Duration indexing_delay = absl::Seconds(2);
  // Older events are not given out.
  absl::Duration retention = absl::Hours(24 * 30);
  // Of these the newest are kept, in memory, per device.
  size_t max_events_per_device = 200'000;
};

struct HistoryQuery {
  absl::Time start;  // start <= timestamp <= end
  absl::Time end;
  // Empty: all types.
  absl::flat_hash_set<std::string> event_types;
  size_t page_size = 1000;
  // Empty: the first page.
  std::string page_token;
};

// Events by device and time. Not thread-safe.
class EventHistory {
 public:
  explicit EventHistory(EventHistoryOptions options) : options_(options) {}

  // Keeps an event. `event_type` lives on; `arrived` is now, while `timestamp`
  // may lie in the past.
  void Add(std::string_view device_id, std::string_view event_type,
           absl::Time timestamp, absl::Time arrived, std::string envelope);

  void Forget(std::string_view device_id);

  // The answer to a query at `now`: {"events": [...newest first...],
  // "nextPageToken": "..."}. Adds to `*events` how many.
  //
  // Pages: the token names the last event given out, so events that arrive
  // between two pages neither shift nor double any.
  //
  //   kInvalidArgument: the page token is not one of ours.
  absl::StatusOr<std::string> Page(std::string_view device_id,
                                   const HistoryQuery& query, absl::Time now,
                                   int64_t* events) const;

  void set_indexing_delay(absl::Duration delay) {
    options_.indexing_delay = delay;
  }
  const EventHistoryOptions& options() const { return options_; }

 private:
  // Position of an event among those of its device.
  struct Place {
    int64_t micros = 0;
    uint64_t number = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Entry {
    Place place;
    int64_t arrived_micros;
    std::string_view event_type;
    std::string envelope;
  };
  using Entries = std::deque<Entry>;  // by place

  static std::optional<Place> ParseToken(std::string_view token);
  static std::string Token(const Place& place);

  EventHistoryOptions options_;
  uint64_t next_number_ = 1;
  absl::flat_hash_map<std::string, Entries> devices_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_EVENT_HISTORY_H_
