// Which events may enter the log, and what becomes of the others.
#ifndef PIPELINE_RUNTIME_ADMISSION_H_
#define PIPELINE_RUNTIME_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "proto/storage/v1/storage.pb.h"
#include "storage/event/event_view.h"

namespace sluice {

// Checks one event before it is stored. Refused are, in this order: encoded
// size over the limit ("too_large"), no id ("no_id"), an attribute or label
// that is not UTF-8 ("invalid_utf8"). `data` may hold any bytes.
//
// Returns the dead letter that keeps a refused event, or nullopt for one that
// may enter.
std::optional<storage::v1::DeadLetter> RefuseEvent(const EventView& event,
                                                   size_t max_event_bytes,
                                                   std::string_view source,
                                                   absl::Time now);

// The dead letter that keeps malformed input. Input over kMaxDeadLetterBytes
// keeps its beginning.
storage::v1::DeadLetter KeepMalformed(MalformedInput input,
                                      std::string_view source, absl::Time now);

// Bytes of refused or malformed input kept in a dead letter.
inline constexpr size_t kMaxDeadLetterBytes = 1 << 20;

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_ADMISSION_H_
