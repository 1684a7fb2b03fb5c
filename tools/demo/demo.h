// The main job, end to end, on the local sandbox, with everything going wrong
// that does.
#ifndef TOOLS_DEMO_DEMO_H_
#define TOOLS_DEMO_DEMO_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tools/demo/demo_report.h"

namespace sluice::demo {

struct DemoOptions {
  uint64_t events = 20'000;
  size_t devices = 20;
  // Readings per second of all devices together.
  double rate = 1500;
  uint64_t seed = 1;
  // Where configuration, data and logs go; made if it is not there.
  std::string directory;
  // The live view goes here: a block that is drawn again on a terminal, plain
  // lines elsewhere.
  std::ostream* view = nullptr;
  bool view_is_terminal = false;
  // Asked ten times a second: true ends the demo.
  std::function<bool()> interrupted;
  // Called at the end, while everything still runs, with the addresses of the
  // pages; the demo ends when it returns.
  std::function<void(const std::string& pages)> at_end;
};

// Simulated devices publish readings; `sluice run`, as a process of its own,
// carries them into a feed and an inthing stream. Meanwhile the event stream is
// cut twice, the feed answers 503 for some seconds and 429 once, and the
// process is killed with -9 and started again. Returns what the sandbox's
// ledger and the pipeline say in the end.
//   kUnavailable: a part cannot be started; the message says which and why.
//   kCancelled: interrupted.
absl::StatusOr<DemoReport> RunDemo(const DemoOptions& options);

}  // namespace sluice::demo

#endif  // TOOLS_DEMO_DEMO_H_
