#include "pipeline/queue/event_queue.h"

#include <array>
#include <iterator>
#include <utility>

namespace sluice {
namespace {

// What an emission costs beyond its payload: the slot in the queue and its
// bookkeeping.
constexpr size_t kOverheadBytes = sizeof(QueuedEmission);

// How many emissions are taken out at once; one bulk operation instead of as
// many single ones.
constexpr size_t kBulk = 32;

}  // namespace

size_t EmissionBytes(const Emission& emission) {
  size_t bytes = kOverheadBytes;
  if (emission.events != nullptr) bytes += emission.events->byte_size();
  for (const MalformedInput& input : emission.malformed) {
    bytes += sizeof(input) + input.bytes.size() + input.message.size();
  }
  if (emission.checkpoint.has_value()) bytes += emission.checkpoint->size();
  return bytes;
}

EventQueue::EventQueue(size_t capacity_bytes,
                       absl::AnyInvocable<void()> on_push)
    : capacity_(capacity_bytes),
      on_push_(std::move(on_push)),
      consumer_(queue_) {}

EventQueue::~EventQueue() = default;

EventQueue::Producer* EventQueue::AddProducer(size_t source, Executor* executor,
                                              bool acknowledge_on_receipt) {
  producers_.push_back(std::make_unique<Producer>(this, source, executor,
                                                  acknowledge_on_receipt));
  return producers_.back().get();
}

bool EventQueue::Drain(size_t max_bytes, std::vector<QueuedEmission>* out) {
  size_t bytes = 0;
  while (bytes < max_bytes) {
    const size_t before = out->size();
    const size_t taken =
        queue_.try_dequeue_bulk(consumer_, std::back_inserter(*out), kBulk);
    if (taken == 0) return false;
    for (size_t i = before; i < out->size(); ++i) bytes += (*out)[i].bytes;
  }
  return true;
}

void EventQueue::Release(size_t bytes) {
  const size_t before = used_.fetch_sub(bytes, std::memory_order_seq_cst);
  // Sources are woken at half full, so that they push a good amount at once
  // instead of one by one at the brim.
  if (before - bytes > capacity_ / 2) return;
  for (const auto& producer : producers_) producer->WakeIfRoom(before - bytes);
}

EventQueue::Producer::Producer(EventQueue* queue, size_t source,
                               Executor* executor, bool acknowledge_on_receipt)
    : queue_(queue),
      source_(source),
      executor_(executor),
      acknowledge_on_receipt_(acknowledge_on_receipt),
      token_(queue->queue_),
      waiter_(std::make_shared<Waiter>()) {}

EventQueue::Producer::~Producer() = default;

bool EventQueue::Producer::TryEmit(Emission& emission) {
  const size_t bytes = EmissionBytes(emission);
  const size_t before =
      queue_->used_.fetch_add(bytes, std::memory_order_seq_cst);
  if (before != 0 && before + bytes > queue_->capacity_) {
    refused_bytes_.store(bytes, std::memory_order_seq_cst);
    queue_->Release(bytes);
    return false;
  }
  if (acknowledge_on_receipt_ && emission.on_acknowledged) {
    executor_->Post([done = std::move(emission.on_acknowledged)]() mutable {
      done(absl::OkStatus());
    });
    emission.on_acknowledged = nullptr;
  }
  queue_->queue_.enqueue(token_,
                         QueuedEmission{source_, bytes, std::move(emission)});
  queue_->on_push_();
  return true;
}

void EventQueue::Producer::NotifyWhenReady(absl::AnyInvocable<void()> ready) {
  waiter_->ready = std::move(ready);
  waiting_.store(true, std::memory_order_seq_cst);
  // Room may have come between the failed push and here; then nobody else would
  // wake us.
  const size_t used = queue_->used_.load(std::memory_order_seq_cst);
  if (used <= queue_->capacity_ / 2) WakeIfRoom(used);
}

void EventQueue::Producer::CancelNotify() {
  waiting_.store(false, std::memory_order_seq_cst);
  waiter_->ready = nullptr;
}

void EventQueue::Producer::WakeIfRoom(size_t used) {
  if (!waiting_.load(std::memory_order_seq_cst)) return;
  // An emission of more than half of the bound fits later than others; called
  // now it would fail and wait again, round and round.
  const size_t refused = refused_bytes_.load(std::memory_order_seq_cst);
  if (used != 0 && used + refused > queue_->capacity_) return;
  if (!waiting_.exchange(false, std::memory_order_seq_cst)) return;
  executor_->Post([waiter = waiter_] {
    if (!waiter->ready) return;
    auto ready = std::move(waiter->ready);
    waiter->ready = nullptr;
    ready();
  });
}

}  // namespace sluice
