#include "plugins/null/null_sink.h"

#include <utility>

namespace sluice::null {

SinkTraits NullSink::traits() const {
  SinkTraits traits;
  traits.max_batch_events = 4096;
  traits.max_batch_bytes = 4 << 20;
  traits.max_in_flight = 4;
  traits.idempotent = true;
  return traits;
}

absl::Status NullSink::Start(const ComponentContext &context) {
  context.health->Report({HealthState::kHealthy, ""});
  return absl::OkStatus();
}

void NullSink::Deliver(Delivery, DeliverCallback done) {
  std::move(done)(DeliveryResult::All(Outcome::Delivered()));
}

void NullSink::Stop(absl::AnyInvocable<void()> done) { done(); }

}  // namespace sluice::null
