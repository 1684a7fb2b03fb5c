// What a path from source to sink cost, as figures.
#ifndef TOOLS_BENCH_PATH_COSTS_H_
#define TOOLS_BENCH_PATH_COSTS_H_

#include <cstdint>

#include "proto/admin/v1/status.pb.h"
#include "tools/bench/figures.h"

namespace sluice::bench {

// What the stretch of work that `watch` has seen cost: `events` events of
// `received_bytes` each, on average.
void AddCosts(const Stopwatch& watch, uint64_t events, double received_bytes,
              Figures* figures);

// How often the log was synced, and how long that took.
void AddSyncs(const admin::v1::PipelineStatus& status, Figures* figures);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_PATH_COSTS_H_
