// A whole installation for some hours of virtual time, from one seed.
#ifndef TESTS_SIMULATION_SIMULATION_H_
#define TESTS_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::simulation {

// What a run came to.
struct Result {
  // What must not be, in sentences; empty: every guarantee held.
  std::vector<std::string> problems;
  // Of everything that happened, in order.
  uint64_t trace_hash = 0;

  // What was there to go wrong.
  int64_t events = 0;
  int64_t excused = 0;
  int64_t lost_with_excuse = 0;
  int64_t dead_letters = 0;
  int64_t crashes = 0;
  int64_t power_losses = 0;
  int64_t restarts = 0;
  int64_t disk_errors = 0;
  int64_t network_faults = 0;
  int64_t gaps = 0;
  int64_t backfilled = 0;
  int64_t feed_repeats = 0;
  int64_t inthing_posts = 0;
  int64_t inthing_duplicates = 0;
  int64_t acknowledged_when_delivered = 0;
  double virtual_hours = 0;
  uint64_t steps = 0;

  void Add(const Result& other);
};

// Runs the installation that `seed` makes: the real Pipeline with a source
// `disruptive`, four senders that push and wait for acknowledgements at one
// level each, and the sinks `feed` and `inthing`, while processes crash, disks
// fail, clocks jump and the network does what it likes. Then everything heals,
// and what has to be true is looked at.
//
// With `print` each thing that happens is written to stdout.
Result Simulate(uint64_t seed, bool print);

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_SIMULATION_H_
