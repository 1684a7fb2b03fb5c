// Scenarios that measure the machine, for others to be compared with.
#ifndef TOOLS_BENCH_LIMIT_SCENARIOS_H_
#define TOOLS_BENCH_LIMIT_SCENARIOS_H_

#include <vector>

#include "storage/log/event_log.h"
#include "tools/bench/scenario.h"

namespace sluice::bench {

std::vector<Scenario> LimitScenarios();

// Measures RocksDB as MeasureStore() does, and for kDurable the disk too, in
// folders of the data directory of `options`, and adds what they allow and how
// near `events_per_second` of a whole path came to it:
//
//   limit_store_events_per_second, ratio_to_store_limit
//   limit_disk_events_per_second, ratio_to_disk_limit     (kDurable)
//   record_bytes_per_event
absl::Status AddLimits(const ScenarioOptions& options, double events_per_second,
                       uint64_t events, Durability durability,
                       Figures* figures);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_LIMIT_SCENARIOS_H_
