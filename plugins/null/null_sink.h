// A destination that takes everything and keeps nothing.
#ifndef PLUGINS_NULL_NULL_SINK_H_
#define PLUGINS_NULL_NULL_SINK_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/api/component.h"
#include "pipeline/api/sink.h"

namespace sluice::null {

// Answers every delivery at once with kDelivered. For measuring what comes
// before a sink, for trying a source, and as the smallest complete example of
// a sink.
class NullSink final : public Sink {
 public:
  SinkTraits traits() const override;
  absl::Status Start(const ComponentContext &context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;
};

}  // namespace sluice::null

#endif  // PLUGINS_NULL_NULL_SINK_H_
