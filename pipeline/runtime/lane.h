// One ordered line of events waiting for a sink.
#ifndef PIPELINE_RUNTIME_LANE_H_
#define PIPELINE_RUNTIME_LANE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/runtime/backoff.h"
#include "pipeline/runtime/delivery_window.h"
#include "storage/log/event_log.h"

namespace sluice {

// What went wrong with an event so far; made at its first failure.
struct Trouble {
  std::string first_error;
  std::string last_error;
  absl::Time first_attempt;
  absl::Time last_attempt;
};

// An event that is not done.
struct PendingEvent {
  Sequence sequence = 0;
  WindowBatch* batch = nullptr;
  uint32_t index = 0;
  // Tries so far.
  uint32_t attempts = 0;
  std::unique_ptr<Trouble> trouble;

  EventView view() const { return batch->events->event(index); }
  // Before view(), for speed.
  void Prefetch() const { batch->events->Prefetch(index); }
};

// Events whose subjects hash to the same number, in log order. At most one
// delivery is under way per lane, so no event overtakes another of its subject;
// a retry holds up its own lane only.
//
// A request that the destination refused as a whole is halved: the lane then
// takes smaller deliveries until it is past the events of that request.
//
// Thread-safety: none; part of Delivery.
class Lane {
 public:
  explicit Lane(const Backoff& backoff) : backoff_(backoff) {}

  void Push(PendingEvent event) { events_.push_back(std::move(event)); }

  bool empty() const { return events_.empty(); }
  size_t size() const { return events_.size(); }
  // Events that are not under way.
  size_t waiting() const { return events_.size() - taken_; }
  PendingEvent& front() { return events_.front(); }
  // The event of this sequence; null: it is not here.
  const PendingEvent* Find(Sequence sequence) const;
  // Whether `event`, which is of this lane, is under way.
  bool IsTaken(const PendingEvent& event) const;
  // Removes the first event. REQUIRES: not busy.
  PendingEvent PopFront();

  bool busy() const { return taken_ != 0; }
  // When the lane may send again after a failure.
  absl::Duration not_before() const { return not_before_; }
  // True when a delivery can begin at monotonic time `now`.
  bool Ready(absl::Duration now) const {
    return taken_ == 0 && !events_.empty() && not_before_ <= now;
  }

  // Builds a delivery of the first events within the limits and marks the lane
  // busy. REQUIRES: Ready().
  Delivery Take(size_t max_events, size_t max_bytes);

  // The events under way, in order. REQUIRES: busy().
  std::vector<PendingEvent> TakeBack();
  // Puts unfinished ones of them back in front, in order.
  void PutBack(std::vector<PendingEvent> unfinished);

  // The request was refused as a whole: send half as many next time. `last` is
  // the last event of it.
  void Halve(size_t refused, Sequence last);
  // The destination took a request.
  void Succeeded();
  // Waits with growing delays before the next try.
  void BackOff(absl::Duration now, absl::BitGenRef random);

 private:
  std::deque<PendingEvent> events_;
  // The first `taken_` of events_ are under way.
  size_t taken_ = 0;
  absl::Duration not_before_ = absl::ZeroDuration();
  Backoff backoff_;
  // While the front is at or before split_end_, at most split_size_ events go
  // at once.
  size_t split_size_ = 0;
  Sequence split_end_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_LANE_H_
