// What the log remembers of an event that may come again.
#ifndef STORAGE_LOG_DEDUPE_KEY_H_
#define STORAGE_LOG_DEDUPE_KEY_H_

#include <string_view>

#include "storage/log/event_log.h"

namespace sluice {

// The key of the event `id` of `source`: MurmurHash3_x64_128 with seed 0 over
// the size of `source` as 4 little-endian bytes, `source`, `id`. Stored, and so
// the same in every version. The hash is not cryptographic: whoever picks a
// source's ids could make two of them collide, and lose one of their own
// events.
DedupeKey MakeDedupeKey(std::string_view source, std::string_view id);

}  // namespace sluice

#endif  // STORAGE_LOG_DEDUPE_KEY_H_
