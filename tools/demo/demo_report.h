// What came of the demo, for people and for scripts.
#ifndef TOOLS_DEMO_DEMO_REPORT_H_
#define TOOLS_DEMO_DEMO_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "boost/json/fwd.hpp"

namespace sluice::demo {

struct DemoReport {
  uint64_t published = 0;
  // By sink, as the pipeline counted.
  std::map<std::string, uint64_t> delivered;
  // Published events that the feed does not hold, and activities that it holds
  // twice, as the feed's own ledger counted.
  uint64_t lost = 0;
  uint64_t duplicated = 0;
  // Repeats that the feed recognised and did not keep twice.
  uint64_t repeated = 0;
  // Events that came after a younger one of the same device in the feed.
  uint64_t out_of_order = 0;
  uint64_t backfilled = 0;
  uint64_t dead_letters = 0;
  uint64_t retried = 0;
  uint64_t unclosed_gaps = 0;
  // Posts that carry the events of the inthing stream.
  uint64_t inthing_posts = 0;
  // Every event is accounted for in the pipeline's own books.
  bool balanced = true;
  // Everything published was delivered before the time limit.
  bool complete = false;
  struct Faults {
    uint64_t stream_cuts = 0;
    uint64_t feed_503 = 0;  // Requests answered so.
    uint64_t feed_429 = 0;  // Requests answered so.
    uint64_t kills = 0;
  } faults;
  double seconds = 0;

  // True if nothing was lost, nothing doubled in the feed, and everything adds
  // up.
  bool Passed() const;
};

boost::json::object ToJson(const DemoReport& report);

// A summary in words; ends with a line break.
std::string Describe(const DemoReport& report);

}  // namespace sluice::demo

#endif  // TOOLS_DEMO_DEMO_REPORT_H_
