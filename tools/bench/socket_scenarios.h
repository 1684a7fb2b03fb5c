// Scenarios from a socket to a socket: lines over TCP, through the log, to
// POSTs of 100.
#ifndef TOOLS_BENCH_SOCKET_SCENARIOS_H_
#define TOOLS_BENCH_SOCKET_SCENARIOS_H_

#include <vector>

#include "tools/bench/scenario.h"

namespace sluice::bench {

std::vector<Scenario> SocketScenarios();

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_SOCKET_SCENARIOS_H_
