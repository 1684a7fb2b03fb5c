// Labels on the events of a stream that carries none.
#ifndef PLUGINS_DISRUPTIVE_DEVICE_LABELS_H_
#define PLUGINS_DISRUPTIVE_DEVICE_LABELS_H_

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
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/held_events.h"
#include "plugins/disruptive/label_cache.h"
#include "plugins/disruptive/settings.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {

// Gives each event the labels its device had when it happened, as far as the
// stream tells: they are read with the list of devices at the start, and again
// now and then; labelsChanged events change them for the events behind them.
//
// A live event of a device whose labels are not known waits, at most
// `labels_wait` and within `hold_bytes`, until they are: a device that is not
// in the list (it is new) is asked for by itself. What waited too long goes on
// without labels and is counted; so do the device's later events until its
// labels have come.
//
// The service does the list by these calls: python-client 1.7.3,
// disruptive/resources/device.py.
//
// Used on the executor only.
class DeviceLabels {
 public:
  struct Counters {
    // Events that went on without the labels of their device.
    Counter* unlabelled = nullptr;
    Gauge* waiting = nullptr;
  };
  // Takes an event that has waited.
  using OnRelease = absl::AnyInvocable<void(const EventFields&)>;
  // Everything that could be released for now was.
  using OnReleased = absl::AnyInvocable<void()>;

  // Everything given outlives it.
  DeviceLabels(const Settings* settings, Executor* executor, ApiClient* api,
               Counters counters, OnRelease on_release, OnReleased on_released);

  // Reads the list of devices, unless it is under way, and then again every
  // `labels_refresh`.
  void Refresh();
  // Some of the stream was missed, changes of labels perhaps.
  void OnGap();
  // Devices that somebody else has listed.
  void OnListed(const std::vector<ListedDevice>& devices);

  // A live event, in order. False: it was taken and waits. `covered_until`:
  // what the stream had covered before it.
  bool MayPass(const EventFields& event,
               std::optional<absl::Time> covered_until);
  // Everything published before it has passed; nullopt: nothing waits.
  std::optional<absl::Time> held_since() const { return held_since_; }

  // Gives `event`, which is about to leave, its labels. False: it was wanted
  // for its changes of labels only and does not leave.
  bool Finish(EventFields* event);

 private:
  // One device whose labels are awaited.
  struct Awaited {
    ApiClient::Handle request;
    // It has waited long enough: its events pass without labels.
    bool given_up = false;
  };

  void Await(std::string_view device);
  void Ask(const std::string& device, Awaited* awaited);
  void OnDevice(const std::string& device, absl::StatusOr<std::string> body);
  void OnListingDone(const absl::Status& status);
  // Its labels are known.
  void Release(const std::string& device);
  void GiveUp(const std::string& device);
  void HandOn(const std::string& device);
  void WatchDeadlines();
  void Drained();

  const Settings* settings_;
  Executor* executor_;
  ApiClient* api_;
  Counters counters_;
  OnRelease on_release_;
  OnReleased on_released_;

  EventDecoder decoder_;
  LabelCache cache_;
  HeldEvents held_;
  std::optional<absl::Time> held_since_;
  absl::flat_hash_map<std::string, Awaited> awaited_;
  // In order of time.
  std::deque<std::pair<absl::Duration, std::string>> deadlines_;
  std::unique_ptr<DeviceListing> listing_;
  ScopedTimer deadline_timer_;
  ScopedTimer refresh_timer_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_DEVICE_LABELS_H_
