#include "tools/demo/fault_script.h"

#include "storage/base/status_macros.h"

namespace sluice::demo {

absl::Status FaultScript::Advance(
    double share, absl::FunctionRef<void(const std::string&)> announce) {
  while (next_ < steps_.size() && steps_[next_].share <= share) {
    const ScriptStep& step = steps_[next_++];
    announce(step.text);
    SLUICE_RETURN_IF_ERROR(step.act());
  }
  return absl::OkStatus();
}

}  // namespace sluice::demo
