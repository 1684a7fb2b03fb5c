// The bounded, lock-free way from sources to the ingest stage.
#ifndef PIPELINE_QUEUE_EVENT_QUEUE_H_
#define PIPELINE_QUEUE_EVENT_QUEUE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "concurrentqueue/concurrentqueue.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// An emission on its way, with the source it came from and the bytes it is
// charged for.
struct QueuedEmission {
  size_t source = 0;
  size_t bytes = 0;
  Emission emission;
};

// Many sources push, one ingest stage drains.
//
// Order: emissions of one source stay in order; those of different sources mix
// freely (the order per producer is all that moodycamel::ConcurrentQueue
// promises, see its README). Bound: the sum of bytes() of what was pushed and
// not yet released. An emission is charged from the push until Release(), which
// comes only after it is stored, so work in progress counts. One emission alone
// may exceed the bound. Waking: `on_push` is called after each push, on the
// pushing thread; it must be cheap (a Wakeup). Nothing polls.
class EventQueue {
 public:
  class Producer;

  EventQueue(size_t capacity_bytes, absl::AnyInvocable<void()> on_push);
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // Makes the emitter of one source, used on `executor` only. `source` comes
  // back in QueuedEmission. With `acknowledge_on_receipt` emissions are
  // acknowledged as soon as they are in the queue. All producers are made
  // before the first push.
  Producer* AddProducer(size_t source, Executor* executor,
                        bool acknowledge_on_receipt);

  // Moves emissions into `out` until none is left or their bytes reach
  // `max_bytes`. Consumer thread only. True: there may be more.
  bool Drain(size_t max_bytes, std::vector<QueuedEmission>* out);

  // Gives bytes back and tells sources that wait for room. Consumer thread
  // only.
  void Release(size_t bytes);

  size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  size_t capacity_bytes() const { return capacity_; }

 private:
  using Queue = moodycamel::ConcurrentQueue<QueuedEmission>;

  const size_t capacity_;
  absl::AnyInvocable<void()> on_push_;
  std::atomic<size_t> used_{0};
  Queue queue_;
  moodycamel::ConsumerToken consumer_;
  std::vector<std::unique_ptr<Producer>> producers_;
};

// One source's end of the queue.
class EventQueue::Producer final : public Emitter {
 public:
  Producer(EventQueue* queue, size_t source, Executor* executor,
           bool acknowledge_on_receipt);
  ~Producer() override;

  bool TryEmit(Emission& emission) override;
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override;

  // Forgets a waiting callback; on the source's executor, when the source
  // stops.
  void CancelNotify();

 private:
  friend class EventQueue;
  struct Waiter {
    absl::AnyInvocable<void()> ready;
  };

  // Posts the waiting callback, if one waits and there is room for what was
  // refused while `used` bytes are taken. Any thread.
  void WakeIfRoom(size_t used);

  EventQueue* const queue_;
  const size_t source_;
  Executor* const executor_;
  const bool acknowledge_on_receipt_;
  moodycamel::ProducerToken token_;
  std::atomic<bool> waiting_{false};
  // Bytes of the emission that was refused last.
  std::atomic<size_t> refused_bytes_{0};
  // Touched on the executor only.
  std::shared_ptr<Waiter> waiter_;
};

// Bytes an emission is charged for.
size_t EmissionBytes(const Emission& emission);

}  // namespace sluice

#endif  // PIPELINE_QUEUE_EVENT_QUEUE_H_
