// From events to dead letters, and back.
#ifndef PIPELINE_RUNTIME_DEAD_LETTER_H_
#define PIPELINE_RUNTIME_DEAD_LETTER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/storage/v1/storage.pb.h"
#include "storage/event/event_view.h"

namespace sluice {

// Entries of a dead letter's past that are kept; beyond, the second oldest go.
inline constexpr int kMaxDeadLetterPast = 32;

// Notes when a letter died, and, until somebody knows better, that it failed
// then, and of `message`.
void SetDeath(std::string_view message, absl::Time now,
              storage::v1::DeadLetter* letter);

// Makes `event` the content of `letter`, and the past that it carries the
// letter's.
void FillContent(const EventView& event, storage::v1::DeadLetter* letter);

// The event of `letter` as it goes back into the log, serialized: taken in at
// `now`, with its id and everything else as it was, and carrying its past,
// which ends with its going to `sinks`.
//   kFailedPrecondition: it is not fit for the log (no event, no id, not
//   UTF-8); the message says what to edit.
absl::StatusOr<std::string> ReviveEvent(const storage::v1::DeadLetter& letter,
                                        const std::vector<std::string>& sinks,
                                        absl::Time now);

// Adds to the past of a letter, within kMaxDeadLetterPast.
void AddPast(
    storage::v1::DeadLetterPast past,
    google::protobuf::RepeatedPtrField<storage::v1::DeadLetterPast>* to);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DEAD_LETTER_H_
