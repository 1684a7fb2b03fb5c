#include "storage/log/cursor_progress.h"

#include <algorithm>
#include <iterator>

namespace sluice {

Done ToDone(Completion completion) {
  switch (completion) {
    case Completion::kDelivered:
      return Done::kDelivered;
    case Completion::kDeadLettered:
      return Done::kDeadLettered;
    case Completion::kFiltered:
      return Done::kFiltered;
    case Completion::kDropped:
      return Done::kDropped;
    case Completion::kSkipped:
      break;
  }
  return Done::kSkipped;
}

uint64_t DoneEvents(const storage::v1::CursorCounters& counters) {
  return counters.delivered() + counters.dead_lettered() + counters.filtered() +
         counters.dropped() + counters.skipped() + counters.corrupt() -
         counters.rewound();
}

CursorProgress::CursorProgress(Sequence start) : start_(start), next_(start) {}

CursorProgress::CursorProgress(const storage::v1::CursorState& state)
    : start_(state.start_sequence()),
      next_(state.next_sequence()),
      parked_(state.parked()),
      counters_(state.counters()) {
  for (const auto& range : state.done()) Mark(range.first(), range.last());
}

uint64_t CursorProgress::Complete(Sequence first, Sequence last, Done done) {
  const uint64_t added = Mark(first, last);
  Count(done, added);
  return added;
}

uint64_t CursorProgress::Mark(Sequence first, Sequence last) {
  first = std::max(first, next_);
  if (first > last) return 0;
  const uint64_t wanted = last - first + 1;
  uint64_t already = 0;
  // Swallow every range that overlaps or touches, beginning with the one
  // before.
  auto range = done_.upper_bound(first);
  if (range != done_.begin() && std::prev(range)->second + 1 >= first) --range;
  Sequence merged_first = first;
  Sequence merged_last = last;
  while (range != done_.end() && range->first <= last + 1) {
    const Sequence overlap_first = std::max(first, range->first);
    const Sequence overlap_last = std::min(last, range->second);
    if (overlap_first <= overlap_last) {
      already += overlap_last - overlap_first + 1;
    }
    merged_first = std::min(merged_first, range->first);
    merged_last = std::max(merged_last, range->second);
    done_events_ -= range->second - range->first + 1;
    range = done_.erase(range);
  }
  if (merged_first == next_) {
    next_ = merged_last + 1;
  } else {
    done_.emplace_hint(range, merged_first, merged_last);
    done_events_ += merged_last - merged_first + 1;
  }
  return wanted - already;
}

uint64_t CursorProgress::Rewind(Sequence to) {
  uint64_t rewound = 0;
  const Sequence below = std::max(to, start_);
  if (below < next_) {
    rewound += next_ - below;
    next_ = below;
  }
  auto range = done_.lower_bound(to);
  if (range != done_.begin() && std::prev(range)->second >= to) {
    // It reaches over `to`: what lies before stays done.
    Sequence& last = std::prev(range)->second;
    rewound += last - to + 1;
    done_events_ -= last - to + 1;
    last = to - 1;
  }
  while (range != done_.end()) {
    const uint64_t events = range->second - range->first + 1;
    rewound += events;
    done_events_ -= events;
    range = done_.erase(range);
  }
  start_ = std::min(start_, to);
  next_ = std::min(next_, to);
  counters_.set_rewound(counters_.rewound() + rewound);
  return rewound;
}

bool CursorProgress::IsDone(Sequence sequence) const {
  if (sequence < next_) return true;
  const auto above = done_.upper_bound(sequence);
  return above != done_.begin() && std::prev(above)->second >= sequence;
}

uint64_t CursorProgress::Waiting(Sequence log_end) const {
  return log_end - std::min(next_ + done_events_, log_end);
}

void CursorProgress::Count(Done done, uint64_t events) {
  switch (done) {
    case Done::kDelivered:
      counters_.set_delivered(counters_.delivered() + events);
      break;
    case Done::kDeadLettered:
      counters_.set_dead_lettered(counters_.dead_lettered() + events);
      break;
    case Done::kFiltered:
      counters_.set_filtered(counters_.filtered() + events);
      break;
    case Done::kDropped:
      counters_.set_dropped(counters_.dropped() + events);
      break;
    case Done::kSkipped:
      counters_.set_skipped(counters_.skipped() + events);
      break;
    case Done::kCorrupt:
      counters_.set_corrupt(counters_.corrupt() + events);
      break;
  }
}

storage::v1::CursorState CursorProgress::ToProto() const {
  storage::v1::CursorState state;
  state.set_next_sequence(next_);
  state.set_start_sequence(start_);
  state.set_parked(parked_);
  *state.mutable_counters() = counters_;
  for (const auto& [first, last] : done_) {
    auto* range = state.add_done();
    range->set_first(first);
    range->set_last(last);
  }
  return state;
}

}  // namespace sluice
