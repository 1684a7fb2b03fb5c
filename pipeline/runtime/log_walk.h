// Going through the events of a log piece by piece, and finding where in it a
// moment lies.
#ifndef PIPELINE_RUNTIME_LOG_WALK_H_
#define PIPELINE_RUNTIME_LOG_WALK_H_

#include <cstddef>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/event/event_view.h"
#include "storage/log/event_log.h"

namespace sluice {

// The first event that was appended at `time` or later, as far as the clock
// went forward; the end of the log if there is none. Reads a few dozen batches
// at most.
//   errors of EventLog::Read()
absl::StatusOr<Sequence> FindAppended(EventLog& log, absl::Time time);

// Thread-safety: none.
class LogWalk {
 public:
  // Through the events [from, end).
  LogWalk(Sequence from, Sequence end) : next_(from), end_(end) {}

  // An event and the batch that it is in.
  using Visit = absl::FunctionRef<void(Sequence sequence, const LogBatch& batch,
                                       const EventView& event)>;

  // Reads on, about `max_bytes` of events and at least one batch, and visits
  // them. False: there is nothing to read (any more, or yet).
  //   errors of EventLog::Read(): nothing was visited
  absl::StatusOr<bool> Step(EventLog& log, size_t max_bytes, Visit visit);

  // The first event that was not visited yet.
  Sequence next() const { return next_; }
  Sequence end() const { return end_; }
  void set_end(Sequence end) { end_ = end; }
  // Leaves out the events before `sequence`, which count as missed.
  void SkipTo(Sequence sequence);
  // Events that were gone before they were visited, or left out.
  uint64_t missed() const { return missed_; }

 private:
  Sequence next_;
  Sequence end_;
  uint64_t missed_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_LOG_WALK_H_
