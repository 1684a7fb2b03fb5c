// The demo as it runs, on a terminal or as plain lines.
#ifndef TOOLS_DEMO_DEMO_VIEW_H_
#define TOOLS_DEMO_DEMO_VIEW_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tools/demo/pipeline_monitor.h"

namespace sluice::demo {

// Shows what happens. On a terminal the figures are drawn over the old ones,
// below a growing list of what happened; elsewhere a line of figures comes
// every two seconds.
class DemoView {
 public:
  // `out` may be null: nothing is shown. It outlives the view.
  DemoView(std::ostream* out, bool terminal) : out_(out), terminal_(terminal) {}

  // Something happened, at `elapsed` since the start.
  void Happened(absl::Duration elapsed, const std::string& text);
  // The figures as they are.
  void Show(absl::Duration elapsed, uint64_t published, uint64_t events,
            const PipelineProgress& progress);

 private:
  void EraseFigures();

  std::ostream* const out_;
  const bool terminal_;
  int drawn_lines_ = 0;
  absl::Duration last_line_ = -absl::InfiniteDuration();
};

}  // namespace sluice::demo

#endif  // TOOLS_DEMO_DEMO_VIEW_H_
