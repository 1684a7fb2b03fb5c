// The newest batches of a log: where each lies, and, for the very newest, their
// events.
#ifndef STORAGE_LOG_RECENT_BATCHES_H_
#define STORAGE_LOG_RECENT_BATCHES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "storage/log/event_log.h"

namespace sluice {

// Where a batch lies in its log.
struct BatchPlace {
  Sequence first = 0;
  Sequence end = 0;  // Of the event behind the last.
  // Bytes of all records appended before it, and with it.
  uint64_t begin_offset = 0;
  uint64_t end_offset = 0;
  int64_t append_unix_nanos = 0;
};

// Batches without a gap between them, up to the end of the log.
//
// Thread-safety: none.
class RecentBatches {
 public:
  // Keeps events of at most `tail_bytes` of memory, and places of at most
  // `max_places` batches.
  RecentBatches(size_t tail_bytes, size_t max_places)
      : max_tail_bytes_(tail_bytes), max_places_(max_places) {}

  // REQUIRES: `place` begins where the last one ended.
  void Add(const BatchPlace& place, EventBatchPtr events);

  // Forgets batches that end at or before `sequence`.
  void RemoveBelow(Sequence sequence);

  // The batch that holds `sequence`; null: not here.
  const BatchPlace* Find(Sequence sequence) const;

  // Calls `visit(place)` for the batches that lie wholly in [first, end).
  template <typename Visitor>
  void ForEachIn(Sequence first, Sequence end, Visitor visit) const {
    for (size_t i = IndexOf(first); i < batches_.size(); ++i) {
      const BatchPlace& place = batches_[i].place;
      if (place.end > end) break;
      if (place.first >= first) visit(place);
    }
  }

  // True when the events of `sequence` and of all behind it are here.
  bool TailHolds(Sequence sequence) const;
  // The first event of the tail; UINT64_MAX: the tail is empty.
  Sequence tail_begin() const;
  // Appends the batches from the one holding `from` on to `out`, until
  // `*bytes`, to which their memory is added, reaches `max_bytes`. REQUIRES:
  // TailHolds(from).
  void ReadTail(Sequence from, size_t max_bytes, size_t* bytes,
                std::vector<LogBatch>* out) const;

  size_t tail_bytes() const { return tail_bytes_; }

 private:
  struct Batch {
    BatchPlace place;
    EventBatchPtr events;  // Null before the tail.
  };

  // The first batch that ends behind `sequence`.
  size_t IndexOf(Sequence sequence) const;

  size_t max_tail_bytes_;
  size_t max_places_;
  std::deque<Batch> batches_;
  size_t tail_index_ = 0;  // Of the first batch whose events are here.
  size_t tail_bytes_ = 0;
};

}  // namespace sluice

#endif  // STORAGE_LOG_RECENT_BATCHES_H_
