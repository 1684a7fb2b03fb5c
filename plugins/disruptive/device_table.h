// How far we have come with each device.
#ifndef PLUGINS_DISRUPTIVE_DEVICE_TABLE_H_
#define PLUGINS_DISRUPTIVE_DEVICE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::disruptive {

// Per device: its watermark, the ids at and shortly before it, and where a gap
// begins that is still to be closed. Becomes the checkpoint and is filled from
// it.
//
// Thread-safety: none.
class DeviceTable {
 public:
  // Ids are kept of events up to `id_span` before the watermark: as far back as
  // history is read again.
  explicit DeviceTable(absl::Duration id_span)
      : id_span_nanos_(absl::ToInt64Nanoseconds(id_span)) {}

  // An event was emitted. `time_unix_nanos` 0: it has none. An event from after
  // `now` does not push the watermark into the future. One of no device is not
  // noted: it has no history.
  void NoteEmitted(std::string_view device, std::string_view id,
                   int64_t time_unix_nanos, absl::Time now);

  // Time of the latest event of `device`; nullopt: none is known.
  std::optional<absl::Time> watermark(std::string_view device) const;

  // The earliest begin of an open gap of `device`.
  std::optional<absl::Time> repair_from(std::string_view device) const;
  // Notes an open gap; an earlier begin is kept.
  void SetRepairFrom(std::string_view device, absl::Time from);
  void ClearRepair(std::string_view device);

  void Forget(std::string_view device);

  size_t size() const { return devices_.size(); }
  std::vector<std::string> ids() const;
  // Every event id held; for a fresh set of recent ids.
  std::vector<std::string> event_ids() const;

  // The checkpoint that says: everything before `covered_until` is emitted,
  // but for open gaps.
  std::string Serialize(std::string_view project,
                        absl::Time covered_until) const;

  // Fills the table from a checkpoint and returns what it is covered until;
  // nullopt: it is about another project and was not used.
  //   kInvalidArgument: `checkpoint` is none.
  absl::StatusOr<std::optional<absl::Time>> Load(std::string_view checkpoint,
                                                 std::string_view project);

 private:
  struct EmittedId {
    std::string id;
    int64_t time;
  };
  struct Device {
    int64_t watermark = 0;
    int64_t repair_from = 0;
    // Newest last, at most kMaxIds.
    std::vector<EmittedId> ids;
  };
  // More events than this of one device within the span come again after a
  // restart, and the pipeline drops them by id.
  static constexpr size_t kMaxIds = 16;

  const Device* Find(std::string_view device) const;
  Device& At(std::string_view device);

  int64_t id_span_nanos_;
  absl::flat_hash_map<std::string, Device> devices_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_DEVICE_TABLE_H_
