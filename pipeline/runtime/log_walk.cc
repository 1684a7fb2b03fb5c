#include "pipeline/runtime/log_walk.h"

#include <algorithm>
#include <vector>

#include "storage/base/status_macros.h"

namespace sluice {

absl::StatusOr<Sequence> FindAppended(EventLog& log, absl::Time time) {
  const int64_t nanos = absl::ToUnixNanos(time);
  const LogStats stats = log.stats();
  // Batches before `low` were appended earlier, those from `high` on not.
  Sequence low = stats.first_sequence;
  Sequence high = stats.next_sequence;
  while (low < high) {
    const Sequence middle = low + (high - low) / 2;
    SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                            log.Read(middle, /*max_bytes=*/1));
    if (batches.empty()) {
      high = middle;
      continue;
    }
    const LogBatch& batch = batches.front();
    if (batch.append_unix_nanos < nanos) {
      low = std::max(middle + 1, batch.first_sequence + batch.events->size());
    } else {
      high = std::max(low, std::min(middle, batch.first_sequence));
    }
  }
  return std::min(low, stats.next_sequence);
}

absl::StatusOr<bool> LogWalk::Step(EventLog& log, size_t max_bytes,
                                   Visit visit) {
  if (next_ >= end_) return false;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                          log.Read(next_, max_bytes));
  for (const LogBatch& batch : batches) {
    SkipTo(std::min(batch.first_sequence, end_));
    const Sequence batch_end =
        std::min(batch.first_sequence + batch.events->size(), end_);
    for (; next_ < batch_end; ++next_) {
      visit(next_, batch, batch.events->event(next_ - batch.first_sequence));
    }
  }
  return !batches.empty();
}

void LogWalk::SkipTo(Sequence sequence) {
  if (sequence <= next_) return;
  missed_ += sequence - next_;
  next_ = sequence;
}

}  // namespace sluice
