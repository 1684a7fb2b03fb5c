// What tells one activity from another: `foreign_id` and `time`.
#ifndef PLUGINS_FEED_ACTIVITY_KEY_H_
#define PLUGINS_FEED_ACTIVITY_KEY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/event/event_view.h"

namespace sluice::feed {

// A 64-bit hash that is the same in every version and on every machine:
// MurmurHash64A with seed 0, reading little-endian
// (https://github.com/aappleby/smhasher, src/MurmurHash2.cpp).
uint64_t StableHash(std::string_view text);

// Makes the default `foreign_id` of events:
//
//   p1-58dc377a:bjeho5nlafj3bdrehgsg
//   |  |        the event's id
//   |  32 bits of the hash of the event's whole source
//   the last part of the event's source
//
// Foreign ids are used in paths and comma-joined lists of the API, so only
// A-Z a-z 0-9 _ - . ~ = + @ stay; others in an id become "_", and the id then
// gets "~" and a 64-bit hash of it behind it, so that different ids stay
// different.
//
// Thread-safety: none; remembers the last source.
class ForeignIdMaker {
 public:
  void Append(const EventView& event, std::string* out);

 private:
  void SetSource(std::string_view source);

  std::string source_;
  std::string prefix_;
  bool has_source_ = false;
};

// `unix_nanos` in full microseconds, with those below its own resolution taken
// from `hash`: a time in whole seconds gets six digits of it, one in whole
// milliseconds three, any other stays as it is.
//
// The service makes an activity's id from its time in microseconds and 32 bits
// of its foreign id (stream-net 7.4.0 src/Utils/ActivityIdGenerator.cs): of
// many events with one coarse time some would otherwise replace each other.
// With a hash of the foreign id the same event always gets the same time.
int64_t SpreadTime(int64_t unix_nanos, uint64_t hash);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_ACTIVITY_KEY_H_
