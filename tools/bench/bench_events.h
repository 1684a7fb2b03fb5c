// Events like those of real devices, each a pure function of its number.
#ifndef TOOLS_BENCH_BENCH_EVENTS_H_
#define TOOLS_BENCH_BENCH_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/event/event_batch.h"

namespace sluice::bench {

// A batch of `count` events numbered from `first`: temperature, humidity, touch
// and presence readings as JSON, of 5,000 devices in 8 projects, with two
// labels. An event takes about 330 bytes, which LZ4 shrinks about 3 times, as
// it does with events of real devices.
EventBatchPtr MakeBenchBatch(uint64_t first, size_t count);

// Batches of kPreparedBatchEvents, made once, so that making them is not
// measured: more bytes than a processor's caches hold. Any thread.
inline constexpr size_t kPreparedBatchEvents = 1000;
const std::vector<EventBatchPtr>& PreparedBatches();

// `events` events in batches of at most kPreparedBatchEvents, from the prepared
// ones over and over.
//
// Thread-safety: none.
class BatchCycle {
 public:
  explicit BatchCycle(uint64_t events) : left_(events) {}

  // The next batch; null when all events were given.
  EventBatchPtr Next();
  uint64_t left() const { return left_; }

 private:
  uint64_t left_;
  size_t next_ = 0;
};

// The events of the prepared batches as JSON lines of about 330 bytes, in the
// form in which a device cloud would stream them. Made anew with each call.
inline constexpr uint64_t kPreparedLines = 32'000;
std::string PreparedLines();

// Encoded bytes of an event in the prepared batches, on average.
double PreparedEventBytes();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_BENCH_EVENTS_H_
