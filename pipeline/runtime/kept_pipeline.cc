#include "pipeline/runtime/kept_pipeline.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/log/log_view.h"

namespace sluice {

absl::Status KeptPipeline::CheckDone() const {
  if (waiting == 0 && dead_letters == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "events that wait for its sinks: ", waiting, ", dead letters: ",
      dead_letters, "; run it again until there are none, or discard them"));
}

absl::StatusOr<KeptPipeline> LookAtKept(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<LogView> view,
                          LogView::Open(path, Clock::Real()));
  KeptPipeline kept;
  for (const CursorInfo& cursor : view->log().Cursors()) {
    if (!cursor.state.parked()) kept.waiting += cursor.waiting;
  }
  const LogStats stats = view->log().stats();
  kept.dead_letters = stats.dead_letters;
  kept.stored_bytes = stats.stored_bytes;
  return kept;
}

}  // namespace sluice
