// The events that a delivery stage has read and not seen done, and which of
// them are done but not yet told to the log.
#ifndef PIPELINE_RUNTIME_DELIVERY_WINDOW_H_
#define PIPELINE_RUNTIME_DELIVERY_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "storage/log/event_log.h"

namespace sluice {

// A batch read from the log while events of it are open. Freed in memory as
// soon as none is.
struct WindowBatch {
  EventBatchPtr events;
  Sequence first_sequence = 0;
  size_t open = 0;
  // Memory it is charged for.
  size_t bytes = 0;

  // One bit for each event that is delivered and not taken.
  std::vector<uint64_t> delivered;
  bool has_delivered = false;
  // When some of them are taken at the latest; infinite: nobody has asked yet.
  absl::Duration take_by = absl::InfiniteDuration();
};

// Lanes take turns, so neighbours in the log are delivered apart: told one by
// one, each event would be a range of its own to keep in order and to write.
// What fills gaps between each other is therefore held back for a moment, until
// its batch is done or the ranges are few.
//
// Thread-safety: none; part of DeliveryStage.
class DeliveryWindow {
 public:
  // Longest time for which a delivered event is held back: what a crash may add
  // to the events that a sink sees twice.
  static constexpr absl::Duration kLongestHold = absl::Milliseconds(50);

  // Takes in a batch; it lives here until its last event is done and told.
  // REQUIRES: events of it are open.
  void Add(std::unique_ptr<WindowBatch> batch);

  // The event at `index` of `batch` was delivered.
  void NoteDelivered(WindowBatch* batch, uint32_t index);
  // An event of `batch` is done in another way, of which the caller tells the
  // log.
  void NoteDone(WindowBatch* batch) { CloseEvent(batch); }

  // Appends what was delivered and should be told to the log at monotonic time
  // `now` to `ranges`, in no order; all that was if `everything`. To be called
  // after deliveries were noted.
  void TakeDelivered(absl::Duration now, bool everything,
                     std::vector<CompletedRange>* ranges);
  // When something that is held back has to be taken; infinite: never.
  absl::Duration due() const;

  // Memory of the batches with open events, as charged.
  size_t used_bytes() const { return used_bytes_; }
  // The oldest batch with open events; null: there is none.
  const WindowBatch* oldest() const;

 private:
  void CloseEvent(WindowBatch* batch);
  // Removes what is done and told from the front.
  void RemoveFinished();

  std::deque<std::unique_ptr<WindowBatch>> batches_;
  // Those with delivered events that are not taken, by take_by.
  std::vector<WindowBatch*> delivered_;
  size_t used_bytes_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DELIVERY_WINDOW_H_
