// Calls about devices and their events. Each returns kInvalidArgument, with the
// name of the argument, when it cannot be sent like that.
//
// Sources: python-client 1.7.3, disruptive/resources/device.py,
// eventhistory.py, emulator.py; listing and getting emulated devices: Swift
// client, Resources/Emulator.swift; PUT: terraform-provider-dt,
// internal/dt/emulator.go.
#ifndef PLUGINS_DISRUPTIVE_DEVICE_CALLS_H_
#define PLUGINS_DISRUPTIVE_DEVICE_CALLS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/empty.pb.h"
#include "plugins/disruptive/api_call.h"
#include "proto/disruptive/v1/device.pb.h"
#include "proto/disruptive/v1/event.pb.h"

namespace sluice::disruptive {

using google::protobuf::Empty;
using LabelList = std::vector<std::pair<std::string, std::string>>;

// `project` "-": whichever project the device is in.
absl::StatusOr<ApiCall<v1::Device>> GetDevice(std::string_view device,
                                              std::string_view project = "-");

struct DeviceQuery {
  // "-": all projects of `organization`.
  std::string project;
  // Words of types, labels and ids.
  std::string query;
  std::vector<std::string> device_ids;
  std::vector<std::string> device_types;
  // All of them; an empty value stands for any. (In a stream one of several is
  // enough.)
  LabelList label_filters;
  // "reported.temperature.value", "-labels.name" (descending).
  std::string order_by;
  // Only with project "-".
  std::string organization;
  std::vector<std::string> projects;
};
absl::StatusOr<ApiList<v1::Device>> ListDevices(const DeviceQuery& query);

// Devices that could not be changed are in the answer; a label that is there
// already gets the new value.
absl::StatusOr<ApiCall<v1::UpdateLabelsResult>> UpdateLabels(
    std::string_view project, const std::vector<std::string>& devices,
    const LabelList& set, const std::vector<std::string>& remove);

absl::StatusOr<ApiCall<v1::TransferResult>> TransferDevices(
    std::string_view source_project, const std::vector<std::string>& devices,
    std::string_view target_project);

struct HistoryQuery {
  std::string project;
  std::string device;
  std::vector<std::string> event_types;
  // Default: 24 hours ago, and now. Kept for 30 days; newest first.
  std::optional<absl::Time> start;
  std::optional<absl::Time> end;
};
absl::StatusOr<ApiList<v1::Event>> ListEvents(const HistoryQuery& query);

// --- Emulated devices

// The display name is the label "name".
absl::StatusOr<ApiCall<v1::Device>> CreateEmulatedDevice(
    std::string_view project, std::string_view device_type,
    const LabelList& labels);
absl::StatusOr<ApiCall<v1::Device>> GetEmulatedDevice(std::string_view project,
                                                      std::string_view device);
absl::StatusOr<ApiList<v1::Device>> ListEmulatedDevices(
    std::string_view project);
// Gives it these labels and no other.
absl::StatusOr<ApiCall<v1::Device>> ReplaceEmulatedDevice(
    std::string_view project, std::string_view device,
    std::string_view device_type, const LabelList& labels);
absl::StatusOr<ApiCall<Empty>> DeleteEmulatedDevice(std::string_view project,
                                                    std::string_view device);
// `data`: a JSON object with members of that type, e.g. {"value": 22.5} of
// "temperature". What is left out the service adds; updateTime is now.
absl::StatusOr<ApiCall<Empty>> PublishEvent(std::string_view project,
                                            std::string_view device,
                                            std::string_view event_type,
                                            std::string_view data);
// The same of `event.data`; the envelope is not looked at.
absl::StatusOr<ApiCall<Empty>> PublishEvent(std::string_view project,
                                            std::string_view device,
                                            const v1::Event& event);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_DEVICE_CALLS_H_
