// Sinks in the simple form: one call that delivers and may block.
#ifndef PIPELINE_API_BLOCKING_SINK_H_
#define PIPELINE_API_BLOCKING_SINK_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/sink.h"

namespace sluice {

// How long one call of BlockingDestination::Deliver() may go on.
//
// Thread-safety: all methods from any thread.
class CallLimit {
 public:
  explicit CallLimit(absl::Duration timeout);

  // What is left of the delivery's timeout; zero once it is over or cancelled.
  // Give it to whatever the call waits for.
  absl::Duration left() const;
  // True once nobody waits for the answer any more: the sink is being stopped,
  // or has answered in place of this call because its time was over.
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  void Cancel() { cancelled_.store(true, std::memory_order_release); }

 private:
  const std::chrono::steady_clock::time_point deadline_;
  std::atomic<bool> cancelled_{false};
};

// What an author writes: where events go, by calls that block.
//
//   class Archive final : public BlockingDestination {
//     SinkTraits traits() const override { ... }
//     DeliveryResult Deliver(const std::vector<DeliveryItem>& items,
//                            const CallLimit& limit) override { ... }
//   };
//   ... AddSink<ArchiveConfig>("archive", "...", [](const ArchiveConfig& c) {
//     return MakeBlockingSink(std::make_unique<Archive>(c)); });
class BlockingDestination {
 public:
  virtual ~BlockingDestination() = default;

  // As Sink::traits(). `max_in_flight` is the number of threads, at most
  // kMaxBlockingThreads: with 1, Deliver() needs no locks.
  virtual SinkTraits traits() const { return {}; }

  // Makes ready, on the component's executor; must not block, so it does not
  // connect. Of `context`, metrics may be used from every thread; everything
  // else is for the executor.
  virtual absl::Status Start(const ComponentContext& context) {
    static_cast<void>(context);
    return absl::OkStatus();
  }

  // Delivers `items`, which are valid for the call, and says what became of
  // each; see DeliveryResult. Called on threads of the sink, on up to
  // traits().max_in_flight at once. An exception counts as an answer that is
  // not known.
  //
  // Returns before `limit.left()` is zero. If it does not, its events are
  // answered with kUnknown in its place, what it returns later is dropped, and
  // its thread is missing until then.
  virtual DeliveryResult Deliver(const std::vector<DeliveryItem>& items,
                                 const CallLimit& limit) = 0;

  // Makes calls under way return soon, e.g. by shutting down their sockets.
  // Called once, on the executor, when the sink stops; Deliver() may run at the
  // same time on other threads, and may be entered after it only with a `limit`
  // that is cancelled.
  virtual void Interrupt() {}
};

inline constexpr size_t kMaxBlockingThreads = 64;
// How long Stop() waits for calls under way before it leaves them behind.
inline constexpr absl::Duration kBlockingStopGrace = absl::Seconds(5);

// A sink that runs `destination` on threads of its own; they live from Start()
// to Stop(). It keeps the contract of Sink whatever the destination does:
//
//   the destination                  the sink
//   returns                          hands on what it returned
//   throws                           kUnknown, with the exception's text
//   is late                          kUnknown in time; the late answer is
//   dropped is late, so no thread is free    kNotTried when the delivery's time
//   is over is called while the sink stops   kUnknown; kRetry for what waits
//
// Stop() reports done when all calls have returned, or after `stop_grace`: a
// call that still runs then is left to itself, with its thread and a share of
// `destination`, which dies when the call returns. Such a call may use nothing
// of the ComponentContext any more: it has `limit.cancelled()`.
//
// Health: healthy while deliveries succeed; degraded, with the message, when
// one is to be repeated or is late; paused when the destination says
// misconfigured.
std::unique_ptr<Sink> MakeBlockingSink(
    std::unique_ptr<BlockingDestination> destination,
    absl::Duration stop_grace = kBlockingStopGrace);

}  // namespace sluice

#endif  // PIPELINE_API_BLOCKING_SINK_H_
