// How far one sink has got: which events are done, and how each was.
#ifndef STORAGE_LOG_CURSOR_PROGRESS_H_
#define STORAGE_LOG_CURSOR_PROGRESS_H_

#include <cstdint>
#include <map>

#include "proto/storage/v1/storage.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// Why an event is done: a Completion, or lost to damage.
enum class Done {
  kDelivered,
  kDeadLettered,
  kFiltered,
  kDropped,
  kSkipped,
  kCorrupt
};

Done ToDone(Completion completion);

// Events that are done by now, in whatever way.
uint64_t DoneEvents(const storage::v1::CursorCounters& counters);

// Counts every event once, whatever is reported again or out of order:
//   end of log - start + rewound = delivered + dead_lettered + filtered +
//   dropped + skipped + corrupt + waiting
//
// Thread-safety: none.
class CursorProgress {
 public:
  // A new cursor whose first event is `start`.
  explicit CursorProgress(Sequence start);
  // As it was stored. Ranges that contradict each other are merged.
  explicit CursorProgress(const storage::v1::CursorState& state);

  // Counts those of the events first .. last that were not done yet, and
  // returns how many that were.
  uint64_t Complete(Sequence first, Sequence last, Done done);

  // The events from `to` on are not done any more; below the start, it begins
  // earlier. Counts and returns how many had been done.
  uint64_t Rewind(Sequence to);

  bool IsDone(Sequence sequence) const;
  // Everything before it is done.
  Sequence next() const { return next_; }
  // Events from next() up to `log_end`, excluded, that are not done.
  uint64_t Waiting(Sequence log_end) const;

  bool parked() const { return parked_; }
  void set_parked(bool parked) { parked_ = parked; }

  storage::v1::CursorState ToProto() const;

 private:
  void Count(Done done, uint64_t events);
  // Marks first .. last and returns how many of them are new.
  uint64_t Mark(Sequence first, Sequence last);

  Sequence start_;
  Sequence next_;
  bool parked_ = false;
  storage::v1::CursorCounters counters_;
  // First and last of each range done above next_: disjoint, not touching.
  std::map<Sequence, Sequence> done_;
  uint64_t done_events_ = 0;
};

}  // namespace sluice

#endif  // STORAGE_LOG_CURSOR_PROGRESS_H_
