// Ids and times of activities, as Stream's feed API (v1.0) makes them.
//
// Facts: stream-net 7.4.0 src/Utils/ActivityIdGenerator.cs, "copied from the
// backend Go implementation", and its tests.
#ifndef TOOLS_SANDBOX_FEED_FEED_IDS_H_
#define TOOLS_SANDBOX_FEED_FEED_IDS_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::sandbox {

// A version 1 UUID in the order that feeds have: by time, then by the rest.
struct ActivityId {
  uint64_t time = 0;  // 60 bits: 100 ns since 1582-10-15
  uint64_t low = 0;   // clock sequence and node

  friend auto operator<=>(const ActivityId&, const ActivityId&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const ActivityId& id) {
    return H::combine(std::move(hash), id.time, id.low);
  }

  int64_t UnixMicros() const;
  // "89199700-2d0c-11ea-8080-80003644b625"
  std::string ToText() const;
  void AppendText(std::string* out) const;
  // Nullopt: no UUID of version 1. Upper case is taken too.
  static std::optional<ActivityId> Parse(std::string_view text);
};

// MurmurHash3_x86_32 with seed 0
// (https://github.com/aappleby/smhasher, src/MurmurHash3.cpp).
uint32_t ForeignIdHash(std::string_view foreign_id);

// The same foreign id and time always give the same id.
ActivityId MakeActivityId(std::string_view foreign_id, int64_t unix_micros);

// ISO 8601 with 0 to 9 digits of fraction, cut to microseconds, and Z, +01:00,
// +0100 or no zone, which means UTC. Nullopt: it is not, or has no time of day.
std::optional<int64_t> ParseActivityTime(std::string_view text);

// In UTC, without a zone: "2018-11-14T15:54:45.268000".
std::string FormatActivityTime(int64_t unix_micros);
void AppendActivityTime(int64_t unix_micros, std::string* out);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_IDS_H_
