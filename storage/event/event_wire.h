// Field tags of proto/event/v1/event.proto, shared by the reader and the writer
// of events. event_view_test.cc holds them against the descriptor.
#ifndef STORAGE_EVENT_EVENT_WIRE_H_
#define STORAGE_EVENT_EVENT_WIRE_H_

#include <cstdint>

#include "storage/base/protobuf_wire.h"

namespace sluice::event_wire {

inline constexpr uint32_t kId = wire::Tag(1, wire::kBytes);
inline constexpr uint32_t kSource = wire::Tag(2, wire::kBytes);
inline constexpr uint32_t kType = wire::Tag(3, wire::kBytes);
inline constexpr uint32_t kSubject = wire::Tag(4, wire::kBytes);
inline constexpr uint32_t kTime = wire::Tag(5, wire::kFixed64);
inline constexpr uint32_t kDataContentType = wire::Tag(6, wire::kBytes);
inline constexpr uint32_t kData = wire::Tag(7, wire::kBytes);
inline constexpr uint32_t kLabel = wire::Tag(8, wire::kBytes);
inline constexpr uint32_t kIngestTime = wire::Tag(9, wire::kFixed64);
inline constexpr uint32_t kPast = wire::Tag(10, wire::kBytes);
// The highest field number above.
inline constexpr uint32_t kLastField = 10;

inline constexpr uint32_t kLabelKey = wire::Tag(1, wire::kBytes);
inline constexpr uint32_t kLabelValue = wire::Tag(2, wire::kBytes);
inline constexpr uint32_t kLastLabelField = 2;

inline constexpr uint32_t kBatchEvent = wire::Tag(1, wire::kBytes);

}  // namespace sluice::event_wire

#endif  // STORAGE_EVENT_EVENT_WIRE_H_
