// Closing the gaps of the stream from event history.
#ifndef PLUGINS_DISRUPTIVE_GAP_REPAIR_H_
#define PLUGINS_DISRUPTIVE_GAP_REPAIR_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/scoped_timer.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/api_client.h"
#include "plugins/disruptive/device_listing.h"
#include "plugins/disruptive/device_table.h"
#include "plugins/disruptive/event_output.h"
#include "plugins/disruptive/gap_ledger.h"
#include "plugins/disruptive/held_events.h"
#include "plugins/disruptive/history_fetch.h"
#include "plugins/disruptive/server_clock.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// Reads the history of the devices that may have sent something during a gap,
// and puts it in front of their live events.
//
// A gap is read `settle` after the first ping that follows it, when everything
// published before that ping has come into history, and up to that ping's time;
// so no clock but the service's counts. Until a device's history is read (or is
// known not to matter) its live events are held, so that they do not overtake
// it; when too much is held, they go ahead (counted). Each gap begins a new
// epoch: an event held in epoch N waits for gap N, and for those before it.
//
// Which devices: those listed whose last report (`reported` of the device) is
// not older than the gap minus `overlap`; all listed ones if the settings say
// so; and those we know that are listed no more, once.
//
// From where: the device's watermark, or the begin of the gap if that is
// earlier, minus `overlap`.
//
// Used on the executor only.
class GapRepair {
 public:
  struct Counters {
    Counter* gaps = nullptr;
    Counter* unclosed = nullptr;
    Counter* backfilled = nullptr;
    // Events that went ahead of their device's history.
    Counter* released_early = nullptr;
    Gauge* open_gaps = nullptr;
    Gauge* held_events = nullptr;
  };

  // Everything given outlives the repair. `on_change` is called when summary()
  // may be another, or open_from().
  GapRepair(const Settings* settings, Executor* executor, ApiClient* api,
            const ServerClock* clock, DeviceTable* table, EventOutput* output,
            GapLedger* ledger, Counters counters,
            absl::AnyInvocable<void()> on_change);
  ~GapRepair();

  // `on_listed` is called with devices that the repair has listed, before their
  // events go on.
  void set_on_listed(
      absl::AnyInvocable<void(const std::vector<ListedDevice>&)> on_listed) {
    on_listed_ = std::move(on_listed);
  }

  // Goes on with gaps that an earlier process left open. Those whose devices it
  // knew are read for the devices that the table says.
  void Resume(std::vector<std::shared_ptr<GapRecord>> gaps);

  // The stream missed what was published between `start` and `end`; live events
  // from now on came after it.
  void Open(GapRecord::Cause cause, absl::Time start, absl::Time end);

  // The stream that stands now brought a ping that the service sent at `time`:
  // gaps ended before that.
  void Pinged(absl::Time time);

  // Hands a live event to the output, or holds it.
  void Live(const EventFields& event);

  // The earliest begin of a gap that is not yet noted with its devices in the
  // table; nullopt: there is none.
  std::optional<absl::Time> open_from() const;

  // Gaps under repair.
  size_t open_gaps() const { return gaps_.size(); }
  // One sentence about what is being repaired and what could not be; empty:
  // nothing to say.
  std::string summary() const;

 private:
  struct Gap {
    uint64_t epoch;
    // When history has all of it, on the monotonic clock; not known before the
    // first ping after it.
    std::optional<absl::Duration> settled_at;
    // Its devices are known.
    bool classified = false;
    // Devices still to be read.
    int outstanding = 0;
    std::shared_ptr<GapRecord> record;
    // Of an earlier process: where it ended is known.
    bool resumed = false;
  };
  // A device to be read.
  struct Job {
    enum class State { kQueued, kFetching };
    State state = State::kQueued;
    // Gaps up to this epoch are closed by it.
    uint64_t epoch = 0;
    // Not 0: once more, for gaps up to this epoch.
    uint64_t next_epoch = 0;
    // The device is listed no more; it is forgotten afterwards.
    bool forget = false;
    bool urgent = false;
    // Epochs of the gaps that count it as outstanding.
    std::vector<uint64_t> gaps;
    std::unique_ptr<HistoryFetch> fetch;
  };
  // The listing that sorts devices for all gaps settled when it began.
  struct Run {
    uint64_t epoch = 0;
    absl::Time from = absl::InfiniteFuture();
    absl::flat_hash_set<std::string> listed;
    // Devices that need no (more) reading for this run.
    absl::flat_hash_set<std::string> cleared;
    std::unique_ptr<DeviceListing> listing;
  };

  void ScheduleRun();
  void StartRun();
  void OnListed(const std::vector<ListedDevice>& devices);
  void OnListingDone(const absl::Status& status);
  bool MayHaveSent(const ListedDevice& device) const;
  void Enqueue(const std::string& device, bool forget);
  void EndRun();

  void Pump();
  std::string NextQueued();
  void StartJob(const std::string& device, Job* job);
  absl::Time LatestEnd(uint64_t epoch) const;
  void OnWindow(const std::string& device, HistoryWindow window);
  void OnFetched(const std::string& device, const absl::Status& status);
  void FailGaps(const Job& job, const std::string& device,
                const absl::Status& status);
  void CountRecovered(const EventView& event);
  // By value: the name may live in the fetch that ends.
  void FinishJob(std::string device);

  bool MustHold(std::string_view device) const;
  void EmitHeld(std::string_view device, uint64_t epoch);
  void ReleaseEarly();
  void FinishGaps();
  // What is older than history cannot be read.
  void CheckAge(GapRecord& record) const;
  void Changed();

  const Settings* settings_;
  Executor* executor_;
  ApiClient* api_;
  const ServerClock* clock_;
  DeviceTable* table_;
  EventOutput* output_;
  GapLedger* ledger_;
  Counters counters_;
  absl::AnyInvocable<void()> on_change_;
  absl::AnyInvocable<void(const std::vector<ListedDevice>&)> on_listed_;

  // Number of gaps so far.
  uint64_t epoch_ = 0;
  // No device is held for gaps up to this epoch, but for those with jobs.
  uint64_t cleared_epoch_ = 0;
  // Unfinished ones, oldest first.
  std::deque<Gap> gaps_;

  std::unique_ptr<Run> run_;
  // Ended inside of its own callback, destroyed with the next.
  std::unique_ptr<Run> ended_run_;
  absl::flat_hash_map<std::string, std::unique_ptr<Job>> jobs_;
  std::deque<std::string> queue_;
  // Devices with live events waiting go first.
  std::deque<std::string> urgent_;
  int fetching_ = 0;
  std::vector<std::unique_ptr<HistoryFetch>> ended_fetches_;
  HeldEvents held_;
  ScopedTimer run_timer_;
  ScopedTimer cleanup_timer_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_GAP_REPAIR_H_
