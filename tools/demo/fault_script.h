// What goes wrong during the demo, and when.
#ifndef TOOLS_DEMO_FAULT_SCRIPT_H_
#define TOOLS_DEMO_FAULT_SCRIPT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace sluice::demo {

// One thing to do when a share of all events has been published.
struct ScriptStep {
  double share = 0;  // 0 to 1
  // What happens, for a person: "the stream is cut".
  std::string text;
  std::function<absl::Status()> act;
};

// Steps in order of their share. Thread-safety: none.
class FaultScript {
 public:
  explicit FaultScript(std::vector<ScriptStep> steps)
      : steps_(std::move(steps)) {}

  // Does every step that is due at `share` and not done, each after calling
  // `announce` with its text. The first error ends it.
  absl::Status Advance(double share,
                       absl::FunctionRef<void(const std::string&)> announce);

  bool done() const { return next_ == steps_.size(); }

 private:
  const std::vector<ScriptStep> steps_;
  size_t next_ = 0;
};

}  // namespace sluice::demo

#endif  // TOOLS_DEMO_FAULT_SCRIPT_H_
