// Events that the log holds, once more for one sink.
#ifndef PIPELINE_RUNTIME_LOG_REPLAY_H_
#define PIPELINE_RUNTIME_LOG_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/runtime/event_selection.h"
#include "pipeline/runtime/log_walk.h"
#include "storage/event/event_batch.h"
#include "storage/log/event_log.h"

namespace sluice {

// Copies events to the end of the log, for a sink only. What was a copy for
// other sinks is left out. Each copy is as the event is, with its id.
//
// Thread-safety: none; Step() as the writing methods of the log.
class LogReplay {
 public:
  struct Options {
    std::string sink;
    EventSelection select = {};
    // At most so many events a second; 0: no limit.
    double events_per_second = 0;
    bool dry_run = false;
  };

  // Of the events [from, end).
  LogReplay(Options options, Sequence from, Sequence end)
      : options_(std::move(options)), first_(from), walk_(from, end) {}

  // Does a piece. Then `done()`, or the next one is due after `delay()`.
  //   kNotFound: the log has no such cursor.
  //   errors of EventLog::Read() and of its writing methods, but
  //   kResourceExhausted: that is waited out
  absl::Status Step(EventLog& log);

  bool done() const {
    return copies_ == nullptr && walk_.next() >= walk_.end();
  }
  absl::Duration delay() const { return delay_; }
  bool waiting_for_room() const { return waiting_for_room_; }

  uint64_t seen() const { return walk_.next() - first_; }
  uint64_t total() const { return walk_.end() - first_; }
  uint64_t missed() const { return walk_.missed(); }
  uint64_t replayed() const { return replayed_; }

 private:
  absl::Status Collect(EventLog& log);
  // The copies to be appended next, from `begin_` on.
  size_t PieceSize() const;
  EventBatchPtr Piece(size_t size) const;

  const Options options_;
  const Sequence first_;
  LogWalk walk_;
  // Read, and appended up to `begin_`; null: there are none.
  EventBatchPtr copies_;
  size_t begin_ = 0;
  uint64_t replayed_ = 0;
  bool waiting_for_room_ = false;
  absl::Duration delay_ = absl::ZeroDuration();
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_LOG_REPLAY_H_
