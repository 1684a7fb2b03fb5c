#include "pipeline/runtime/lane.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice {
namespace {

// How many events ahead of the one that is looked at are fetched.
constexpr size_t kPrefetchedEvents = 4;

}  // namespace

const PendingEvent* Lane::Find(Sequence sequence) const {
  // In log order.
  const auto found = std::partition_point(
      events_.begin(), events_.end(), [sequence](const PendingEvent& event) {
        return event.sequence < sequence;
      });
  return found != events_.end() && found->sequence == sequence ? &*found
                                                               : nullptr;
}

bool Lane::IsTaken(const PendingEvent& event) const {
  return taken_ > 0 && event.sequence <= events_[taken_ - 1].sequence;
}

PendingEvent Lane::PopFront() {
  PendingEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

Delivery Lane::Take(size_t max_events, size_t max_bytes) {
  if (events_.front().sequence <= split_end_) {
    max_events = std::min(max_events, split_size_);
  }
  Delivery delivery;
  delivery.items.reserve(std::min(max_events, events_.size()));
  size_t bytes = 0;
  while (taken_ < events_.size() && taken_ < max_events) {
    PendingEvent& event = events_[taken_];
    if (taken_ + kPrefetchedEvents < events_.size()) {
      events_[taken_ + kPrefetchedEvents].Prefetch();
    }
    const EventView view = event.view();
    bytes += view.wire().size();
    if (taken_ > 0 && bytes > max_bytes) break;
    if (delivery.batches.empty() ||
        delivery.batches.back() != event.batch->events) {
      delivery.batches.push_back(event.batch->events);
    }
    delivery.items.push_back({event.sequence, view, event.attempts + 1});
    ++taken_;
  }
  return delivery;
}

std::vector<PendingEvent> Lane::TakeBack() {
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(taken_);
  std::vector<PendingEvent> events(std::make_move_iterator(events_.begin()),
                                   std::make_move_iterator(end));
  events_.erase(events_.begin(), end);
  taken_ = 0;
  return events;
}

void Lane::PutBack(std::vector<PendingEvent> unfinished) {
  events_.insert(events_.begin(), std::make_move_iterator(unfinished.begin()),
                 std::make_move_iterator(unfinished.end()));
}

void Lane::Halve(size_t refused, Sequence last) {
  split_size_ = std::max<size_t>(1, refused / 2);
  split_end_ = std::max(split_end_, last);
}

void Lane::Succeeded() {
  backoff_.Reset();
  not_before_ = absl::ZeroDuration();
}

void Lane::BackOff(absl::Duration now, absl::BitGenRef random) {
  not_before_ = now + backoff_.Next(random);
}

}  // namespace sluice
