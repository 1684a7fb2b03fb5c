// Events like those of real devices, each with its own number.
#ifndef TESTS_BENCH_BENCH_EVENTS_H_
#define TESTS_BENCH_BENCH_EVENTS_H_

#include <cstddef>
#include <cstdint>

#include "storage/event/event_batch.h"

namespace sluice {

// A batch of `count` events numbered from `first`. Each has about 240 bytes of
// JSON in `data`, two labels, and takes about 440 bytes in all.
EventBatchPtr MakeBenchBatch(uint64_t first, size_t count);

}  // namespace sluice

#endif  // TESTS_BENCH_BENCH_EVENTS_H_
