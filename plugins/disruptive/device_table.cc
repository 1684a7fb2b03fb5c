#include "plugins/disruptive/device_table.h"

#include <algorithm>

#include "plugins/disruptive/checkpoint.pb.h"
#include "plugins/disruptive/text.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {

const DeviceTable::Device* DeviceTable::Find(std::string_view device) const {
  const auto it = devices_.find(ToAbsl(device));
  return it == devices_.end() ? nullptr : &it->second;
}

DeviceTable::Device& DeviceTable::At(std::string_view device) {
  return devices_[ToAbsl(device)];
}

void DeviceTable::NoteEmitted(std::string_view device, std::string_view id,
                              int64_t time_unix_nanos, absl::Time now) {
  if (device.empty()) return;
  const int64_t time = std::min(time_unix_nanos, absl::ToUnixNanos(now));
  Device& entry = At(device);
  entry.watermark = std::max(entry.watermark, time);
  const int64_t oldest = entry.watermark - id_span_nanos_;
  std::erase_if(entry.ids,
                [&](const EmittedId& seen) { return seen.time < oldest; });
  if (time < oldest) return;
  if (entry.ids.size() == kMaxIds) entry.ids.erase(entry.ids.begin());
  entry.ids.push_back({std::string(id), time});
}

std::optional<absl::Time> DeviceTable::watermark(
    std::string_view device) const {
  const Device* entry = Find(device);
  if (entry == nullptr || entry->watermark == 0) return std::nullopt;
  return absl::FromUnixNanos(entry->watermark);
}

std::optional<absl::Time> DeviceTable::repair_from(
    std::string_view device) const {
  const Device* entry = Find(device);
  if (entry == nullptr || entry->repair_from == 0) return std::nullopt;
  return absl::FromUnixNanos(entry->repair_from);
}

void DeviceTable::SetRepairFrom(std::string_view device, absl::Time from) {
  Device& entry = At(device);
  const int64_t nanos = std::max<int64_t>(absl::ToUnixNanos(from), 1);
  if (entry.repair_from == 0 || nanos < entry.repair_from) {
    entry.repair_from = nanos;
  }
}

void DeviceTable::ClearRepair(std::string_view device) {
  const auto it = devices_.find(ToAbsl(device));
  if (it == devices_.end()) return;
  it->second.repair_from = 0;
  // A device that never had an event needs no entry.
  if (it->second.watermark == 0 && it->second.ids.empty()) devices_.erase(it);
}

void DeviceTable::Forget(std::string_view device) {
  devices_.erase(ToAbsl(device));
}

std::vector<std::string> DeviceTable::ids() const {
  std::vector<std::string> ids;
  ids.reserve(devices_.size());
  for (const auto& [id, device] : devices_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> DeviceTable::event_ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, device] : devices_) {
    for (const EmittedId& seen : device.ids) ids.push_back(seen.id);
  }
  return ids;
}

std::string DeviceTable::Serialize(std::string_view project,
                                   absl::Time covered_until) const {
  v1::Checkpoint checkpoint;
  checkpoint.set_project(std::string(project));
  checkpoint.set_covered_until_unix_nanos(absl::ToUnixNanos(covered_until));
  checkpoint.mutable_devices()->Reserve(static_cast<int>(devices_.size()));
  for (const auto& [id, device] : devices_) {
    v1::Checkpoint::Device* entry = checkpoint.add_devices();
    entry->set_id(id);
    entry->set_watermark_unix_nanos(device.watermark);
    entry->set_repair_from_unix_nanos(device.repair_from);
    for (const EmittedId& seen : device.ids) entry->add_recent_ids(seen.id);
  }
  return checkpoint.SerializeAsString();
}

absl::StatusOr<std::optional<absl::Time>> DeviceTable::Load(
    std::string_view bytes, std::string_view project) {
  v1::Checkpoint checkpoint;
  if (!checkpoint.ParseFromArray(bytes.data(),
                                 static_cast<int>(bytes.size())) ||
      checkpoint.covered_until_unix_nanos() == 0) {
    return absl::InvalidArgumentError(
        "the checkpoint is not one of the source disruptive");
  }
  if (checkpoint.project() != project) return std::optional<absl::Time>();
  for (v1::Checkpoint::Device& entry : *checkpoint.mutable_devices()) {
    if (entry.id().empty()) continue;
    Device& device = devices_[entry.id()];
    device.watermark = entry.watermark_unix_nanos();
    device.repair_from = entry.repair_from_unix_nanos();
    for (std::string& id : *entry.mutable_recent_ids()) {
      device.ids.push_back({std::move(id), device.watermark});
    }
  }
  return std::optional<absl::Time>(
      absl::FromUnixNanos(checkpoint.covered_until_unix_nanos()));
}

}  // namespace sluice::disruptive
