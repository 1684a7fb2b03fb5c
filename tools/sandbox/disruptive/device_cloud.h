// The cloud behind the emulated Disruptive Technologies API: takes what devices
// say and hands it to streams, history, devices and ledger.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DEVICE_CLOUD_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DEVICE_CLOUD_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "tools/sandbox/disruptive/device_registry.h"
#include "tools/sandbox/disruptive/event_history.h"
#include "tools/sandbox/disruptive/event_streams.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

struct DeviceCloudOptions {
  EventHistoryOptions history;
  EventStreamsOptions streams;
  // Refuses published events that the device's type does not have.
  bool refuse_foreign_types = true;
  // Adds a networkStatus to every event published from outside.
  bool auto_network_status = false;
  // What the service's clock is ahead of ours.
  absl::Duration clock_offset;
};

// Runs on one executor.
class DeviceCloud {
 public:
  // `id_maker`: 24 bits that tell ids made here from others. `ledger` outlives
  // it.
  DeviceCloud(DeviceCloudOptions options, uint32_t id_maker, Ledger* ledger);

  void Start(Executor* executor);

  // The service's clock, in whole microseconds.
  absl::Time Now() const;

  // A new id, of this moment.
  std::string NewId();

  // An event happened. Goes out to streams with streams().Flush().
  // `event_type` lives on; `data` is the JSON of the inner object.
  void Publish(Device& device, std::string_view event_id,
               std::string_view event_type, std::string data,
               absl::Time timestamp);

  // The emulator API's publish: {"<eventType>": {...}}, completed as the
  // service does.
  //   kInvalidArgument  not exactly one event type, one that the device does
  //                     not have, or wrong contents
  absl::Status PublishBody(Device& device, std::string_view body);

  // Changes labels and tells the streams.
  void ChangeLabels(Device& device,
                    const std::map<std::string, std::string>& set,
                    const std::vector<std::string>& remove);

  DeviceRegistry& registry() { return registry_; }
  EventHistory& history() { return history_; }
  EventStreams& streams() { return streams_; }
  void set_clock_offset(absl::Duration offset) {
    options_.clock_offset = offset;
  }
  int64_t published() const { return published_; }

 private:
  std::string PingText(std::string_view project);

  DeviceCloudOptions options_;
  const uint32_t id_maker_;
  Ledger* const ledger_;
  Executor* executor_ = nullptr;
  uint64_t next_id_ = 0;
  DeviceRegistry registry_;
  EventHistory history_;
  EventStreams streams_;
  int64_t published_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DEVICE_CLOUD_H_
