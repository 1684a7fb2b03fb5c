// The contract between the pipeline and anything that delivers events to an
// outside system.
#ifndef PIPELINE_API_SINK_H_
#define PIPELINE_API_SINK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "storage/event/event_batch.h"

namespace sluice {

// One event to deliver. `event` is valid as long as the Delivery that holds it.
struct DeliveryItem {
  uint64_t sequence = 0;
  EventView event;
  // 1 at the first try.
  uint32_t attempt = 1;
};

// Events handed to a sink in one call: 1 to SinkTraits::max_batch_events, in
// log order for each subject, never two deliveries with the same subject under
// way at once.
struct Delivery {
  std::vector<DeliveryItem> items;
  // When the sink has to have answered; what it has not answered by then is
  // taken as kUnknown.
  absl::Duration timeout;
  // Keeps the bytes behind `items` alive.
  std::vector<EventBatchPtr> batches;
};

// What became of one event.
struct Outcome {
  enum class Kind {
    // The destination has it.
    kDelivered,
    // The destination surely does not have it, and may take it later.
    kRetry,
    // The destination will never take it: it becomes a dead letter.
    kRejected,
    // It was sent and no answer came, so nobody knows. An idempotent sink's
    // event is simply sent again; for others the sink's `on_unknown` policy
    // decides between a possible double and a possible loss.
    kUnknown,
    // The sink did not try it in this call; does not count as an attempt.
    kNotTried,
  };

  Kind kind = Kind::kDelivered;
  // Why, for everything but kDelivered; for a person. Never holds a secret.
  std::string message;
  // kRejected: a short fixed word for grouping, e.g. "too_large".
  std::string reason;

  static Outcome Delivered() { return {}; }
  static Outcome Retry(std::string message) {
    return {Kind::kRetry, std::move(message), ""};
  }
  static Outcome Rejected(std::string reason, std::string message) {
    return {Kind::kRejected, std::move(message), std::move(reason)};
  }
  static Outcome Unknown(std::string message) {
    return {Kind::kUnknown, std::move(message), ""};
  }
  static Outcome NotTried() { return {Kind::kNotTried, "", ""}; }
};

// A sink's answer to one delivery.
struct DeliveryResult {
  // One for each item, in the same order; or a single one that goes for all of
  // them. A single kRejected for several items means that the destination
  // refused the request without saying which event is to blame: the pipeline
  // halves it until the guilty one stands alone.
  std::vector<Outcome> outcomes;
  // The destination wants no request before this much time has passed
  // (Retry-After, a rate limit): the whole sink waits at least so long.
  std::optional<absl::Duration> retry_after;
  // Not OK: the destination refuses the sink itself (401, 403, no such feed
  // group). The pipeline pauses the sink, tells the operator this message,
  // tries again with long backoff, and blames no event for it; `outcomes` may
  // be empty then.
  absl::Status misconfigured;

  static DeliveryResult All(Outcome outcome) {
    DeliveryResult result;
    result.outcomes.push_back(std::move(outcome));
    return result;
  }
};

struct SinkTraits {
  // Largest delivery. Raising it makes bigger requests; the latency of a lone
  // event does not change.
  size_t max_batch_events = 100;
  // Bound on the encoded bytes of a delivery of more than one event.
  size_t max_batch_bytes = 1 << 20;
  // Deliveries under way at once = number of lanes. Events of one subject share
  // a lane, so they stay in order.
  size_t max_in_flight = 4;
  // True when delivering an event twice has the effect of once (the destination
  // knows a key of it).
  bool idempotent = false;
  // How long one delivery may take.
  absl::Duration timeout = absl::Seconds(30);
};

// Delivers events to one destination.
//
//   state     Start()   Deliver()   Stop()
//   created   ok        -           ok
//   running   -         ok          ok
//   stopped   -         -           -
//
// All calls come on the component's executor, and the sink's callbacks and
// timers run there too, so a sink needs no lock. No method blocks. Destroyed on
// the executor, after Stop() has reported done.
class Sink {
 public:
  using DeliverCallback = absl::AnyInvocable<void(DeliveryResult)>;

  virtual ~Sink() = default;

  // Constant for the life of the sink.
  virtual SinkTraits traits() const = 0;

  // Makes ready; does not wait for the destination to be there.
  virtual absl::Status Start(const ComponentContext& context) = 0;

  // Delivers `delivery` and calls `done` exactly once, inside the call or
  // later, on the executor. The same event may come again after anything but
  // kDelivered and kRejected, and after a crash. At most traits().max_in_flight
  // calls are unanswered at once.
  virtual void Deliver(Delivery delivery, DeliverCallback done) = 0;

  // Gives up what is under way: unanswered deliveries are answered (kUnknown if
  // their request may have gone out, else kRetry), then `done` is called once,
  // soon.
  virtual void Stop(absl::AnyInvocable<void()> done) = 0;
};

}  // namespace sluice

#endif  // PIPELINE_API_SINK_H_
