// The events of the source `generate`: each a pure function of seed and index,
// so that whoever receives one can tell whether it is right.
#ifndef PLUGINS_GENERATE_GENERATED_EVENT_H_
#define PLUGINS_GENERATE_GENERATED_EVENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/event/event_batch.h"
#include "storage/event/event_view.h"

namespace sluice::generate {

// What an id says: "<seed>-<index>", both decimal.
struct GeneratedId {
  uint64_t seed = 0;
  // Position in the sequence of the source, from 0.
  uint64_t index = 0;
};

// kInvalidArgument: `id` is not the id of a generated event.
absl::StatusOr<GeneratedId> ParseGeneratedId(std::string_view id);

// Writes generated events into batches.
//
//   id       "42-1007"
//   type     "temperature"
//   subject  "device-7"
//   data     {"temperature":{"value":21.37},"index":1007,"padding":"xxx..."}
//
// The value is 10.00 to 34.99 with two decimals, from a hash of seed and index.
// `padding` fills `data` up to exactly `payload_bytes`.
//
// Thread-safety: none; scratch space is reused from event to event.
class GeneratedEventWriter {
 public:
  // Room for the members of `data` with the largest index and no padding.
  static constexpr uint32_t kMinPayloadBytes = 80;

  // REQUIRES: devices >= 1, payload_bytes >= kMinPayloadBytes.
  GeneratedEventWriter(uint64_t seed, uint32_t devices, uint32_t payload_bytes,
                       std::string source);

  // Appends event `index`, stamped with `time_unix_nanos`, to `batch`.
  // Allocates nothing beyond what `batch` needs.
  void Write(uint64_t index, int64_t time_unix_nanos, EventBatchBuilder* batch);

  // About how many bytes an event takes in a batch.
  size_t event_bytes() const;

  // The `data` of event `index`. Valid until the next call of a method.
  std::string_view Data(uint64_t index);

 private:
  uint64_t seed_;
  uint32_t devices_;
  std::string source_;
  // "42-" and "device-", each with room for digits behind.
  std::string id_;
  size_t id_prefix_;
  std::string subject_;
  size_t subject_prefix_;
  // `data` of the last event; behind the index it is all padding.
  std::string data_;
  // Bytes of data_ that the last event wrote over the padding.
  size_t data_head_ = 0;
};

// Checks that `event` is, byte for byte, what a source with `payload_bytes` and
// `devices` makes under this id.
//   kInvalidArgument: the id is no generated one.
//   kDataLoss: another part differs; the message names it.
absl::Status CheckGeneratedEvent(const EventView& event, uint32_t devices,
                                 uint32_t payload_bytes);

}  // namespace sluice::generate

#endif  // PLUGINS_GENERATE_GENERATED_EVENT_H_
