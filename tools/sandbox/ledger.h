// What the simulated devices published and what the destinations received.
#ifndef TOOLS_SANDBOX_LEDGER_H_
#define TOOLS_SANDBOX_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace sluice::sandbox {

// What arrived at a destination.
enum class Arrival {
  // A new item that the destination keeps. A second one for the same event and
  // place is a duplicate.
  kStored,
  // A repeat that the destination recognised and did not keep twice (an upsert
  // of what is there). Proof that the other side retried; never a duplicate.
  kRepeated,
};

// Counts of events and items; ids in order of publishing.
struct DestinationReport {
  std::string name;
  int64_t received = 0;      // published events that are stored here
  int64_t missing = 0;       // published events that are not
  int64_t duplicated = 0;    // items stored beyond one per event and place
  int64_t repeated = 0;      // arrivals that were recognised as repeats
  int64_t out_of_order = 0;  // first arrivals after a later event of the same
                             // device, at the same place
  int64_t unknown = 0;       // items whose event was not published here
  std::vector<std::string> missing_ids = {};     // the first few
  std::vector<std::string> duplicated_ids = {};  // the first few
};

struct DeviceReport {
  struct Destination {
    int64_t received = 0;
    int64_t duplicated = 0;
    int64_t out_of_order = 0;
  };
  std::string device;
  int64_t published = 0;
  // As in LedgerReport::destinations, in the same order.
  std::vector<Destination> destinations;
};

struct LedgerReport {
  int64_t published = 0;
  // Published while no stream listened that would have carried them.
  int64_t unheard = 0;
  // The oldest events, no longer known one by one; part of the counts above,
  // but a late arrival of one counts as `unknown`.
  int64_t forgotten = 0;
  std::vector<DestinationReport> destinations;
  std::vector<DeviceReport> devices;
};

// Records both ends of a pipeline under test and compares them by event id.
//
// A destination is a service that receives ("feed", "inthing"); a place is
// where in it an item went (a feed, a stream), so that one event may properly
// stand in several places.
//
// Memory: about 200 bytes per event, up to `max_events`; then the oldest events
// are forgotten one by one and stay as counts.
//
// Thread-safe.
class Ledger {
 public:
  static constexpr size_t kMaxDestinations = 4;

  explicit Ledger(size_t max_events = 1'000'000) : max_events_(max_events) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Makes a destination known, so that events missing there are reported even
  // if nothing ever arrives. Received() does it too. REQUIRES: at most
  // kMaxDestinations.
  void AddDestination(std::string_view name);

  // An event is published. Order of calls is the order of the device's events.
  // Comes before anybody is told of the event, who may be done with it at once.
  // A second call with the same id is ignored.
  void Published(std::string_view event_id, std::string_view device_id);

  // Nobody listened who would have been told of an event.
  void Unheard();

  // An item for this event arrived. False: no such event was published (counted
  // as unknown).
  bool Received(std::string_view destination, std::string_view event_id,
                Arrival arrival = Arrival::kStored,
                std::string_view place = {});

  // The same for every published event whose id stands in `text` (a title, a
  // body, a foreign id) as a word of its own; an id that stands there twice
  // counts once. Returns how many. Text without any id counts one unknown.
  int ReceivedText(std::string_view destination, std::string_view text,
                   Arrival arrival = Arrival::kStored,
                   std::string_view place = {});

  // The comparison as it stands, with up to `max_ids` ids per list. Takes time
  // in proportion to the events known.
  LedgerReport Report(size_t max_ids = 20) const;

  // Counts only, at once: for live views. `destinations[].missing` included,
  // ids and devices left out.
  LedgerReport Totals() const;

  // Forgets all events and counts; destinations stay.
  void Reset();

 private:
  // What one destination has of one event.
  struct Receipt {
    uint32_t first_place = 0;  // hash
    uint16_t stored = 0;       // at all places, stops at its largest value
    uint16_t duplicated = 0;   // likewise
  };
  struct Entry {
    std::string event_id;
    uint32_t device = 0;
    Receipt receipts[kMaxDestinations];
  };
  struct Device {
    std::string id;
    int64_t published = 0;
    DeviceReport::Destination destinations[kMaxDestinations];
  };
  // Looks entries up by id without a second copy of the id.
  struct Hash {
    using is_transparent = void;
    const Ledger* ledger;
    size_t operator()(uint64_t number) const;
    size_t operator()(std::string_view id) const;
  };
  struct Equal {
    using is_transparent = void;
    const Ledger* ledger;
    bool operator()(uint64_t a, uint64_t b) const { return a == b; }
    bool operator()(uint64_t number, std::string_view id) const;
    bool operator()(std::string_view id, uint64_t number) const;
  };

  size_t DestinationIndex(std::string_view name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint32_t DeviceIndex(std::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Record(size_t destination, std::string_view event_id, Arrival arrival,
              uint32_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool AddPlace(uint64_t number, size_t destination, uint32_t place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RecordStored(size_t destination, uint64_t number, uint32_t place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  LedgerReport TotalsLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  const Entry& entry(uint64_t number) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return entries_[number - first_number_];
  }

  const size_t max_events_;
  mutable absl::Mutex mu_;
  // Events by number, in order of publishing.
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mu_);
  uint64_t first_number_ ABSL_GUARDED_BY(mu_) = 0;
  absl::flat_hash_set<uint64_t, Hash, Equal> by_id_ ABSL_GUARDED_BY(mu_){
      0, Hash{this}, Equal{this}};
  std::vector<Device> devices_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, uint32_t> device_index_ ABSL_GUARDED_BY(mu_);
  std::vector<DestinationReport> totals_ ABSL_GUARDED_BY(mu_);
  int64_t unheard_ ABSL_GUARDED_BY(mu_) = 0;

  // Destination and hash of each further place of an event, by its number.
  using Places = std::vector<std::pair<size_t, uint32_t>>;
  absl::flat_hash_map<uint64_t, Places> other_places_ ABSL_GUARDED_BY(mu_);
  // The number of the latest event that arrived: by destination, hash of place
  // and device.
  absl::flat_hash_map<std::tuple<size_t, uint32_t, uint32_t>, uint64_t> latest_
      ABSL_GUARDED_BY(mu_);
};

// The report as the control server's GET /ledger gives it (see
// docs/sandbox.md).
std::string LedgerReportToJson(const LedgerReport& report);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_LEDGER_H_
