// The cloud behind the emulated Disruptive Technologies API: takes what devices
// say and hands it to streams, history, Data Connectors, devices and ledger.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DEVICE_CLOUD_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DEVICE_CLOUD_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "boost/json/object.hpp"
#include "pipeline/executor/executor.h"
#include "tools/sandbox/disruptive/connector_pusher.h"
#include "tools/sandbox/disruptive/data_connectors.h"
#include "tools/sandbox/disruptive/device_registry.h"
#include "tools/sandbox/disruptive/event_history.h"
#include "tools/sandbox/disruptive/event_streams.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

// How the cloud takes what devices say; may change while it runs.
struct CloudRules {
  // Refuses published events that the device's type does not have.
  bool refuse_foreign_types = true;
  // Adds a networkStatus to every event published from outside.
  bool auto_network_status = false;
  // Keeps labelsChanged in the history, where the service has none.
  bool label_changes_in_history = false;
  // Writes the time of every event with nine digits in place of six.
  bool nine_digits = false;
  // What the service's clock is ahead of ours.
  absl::Duration clock_offset;
};

struct DeviceCloudOptions {
  EventHistoryOptions history;
  EventStreamsOptions streams;
  DataConnectorRules connectors;
  ConnectorPusherOptions pushes;
  CloudRules rules;
};

// Runs on one executor.
class DeviceCloud {
 public:
  // `id_maker`: 24 bits that tell ids made here from others. `ledger` outlives
  // it.
  DeviceCloud(DeviceCloudOptions options, uint32_t id_maker, Ledger* ledger);

  // `send` carries pushes out.
  void Start(Executor* executor, ConnectorPusher::Send send);

  // The service's clock, in whole microseconds.
  absl::Time Now() const;

  // A new id, of this moment, for what is kept: of the same moment and number
  // it is the same.
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

  // An event of any type with any contents, also such as no device has: for
  // tests of those who listen. `data` is the inner object.
  void PublishAnything(Device& device, std::string_view event_type,
                       const boost::json::object& data, absl::Time timestamp);

  // Pushes the most recent event of each type of every device of the
  // connector's project, as far as it wants them. Returns how many.
  int Sync(const DataConnector& connector);

  // Changes labels and tells the streams.
  void ChangeLabels(Device& device,
                    const std::map<std::string, std::string>& set,
                    const std::vector<std::string>& remove);

  DeviceRegistry& registry() { return registry_; }
  EventHistory& history() { return history_; }
  EventStreams& streams() { return streams_; }
  DataConnectors& connectors() { return connectors_; }
  ConnectorPusher& pusher() { return pusher_; }
  CloudRules& rules() { return rules_; }
  // While on, connectors and ledger hear of nothing.
  void set_silent(bool on) { silent_ = on; }
  int64_t published() const { return published_; }

 private:
  std::string MakeId(uint64_t number) const;
  // For pings and pushes, whose number depends on who listens.
  std::string NewPassingId();
  std::string PingText(std::string_view project);
  // An event, to all who listen and to the ledger.
  void Tell(const Device& device, std::string_view event_id,
            std::string_view event_type, std::string_view envelope);
  // To every connector that wants it. True: there is one.
  bool OfferToConnectors(const Device& device, std::string_view event_type,
                         std::string_view envelope);

  CloudRules rules_;
  const uint32_t id_maker_;
  Ledger* const ledger_;
  Executor* executor_ = nullptr;
  uint64_t next_id_ = 0;
  uint64_t next_passing_id_ = 0;
  bool silent_ = false;
  DeviceRegistry registry_;
  EventHistory history_;
  EventStreams streams_;
  DataConnectors connectors_;
  ConnectorPusher pusher_;
  // Names of types that no device has, which history refers to.
  std::set<std::string, std::less<>> strange_types_;
  int64_t published_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DEVICE_CLOUD_H_
