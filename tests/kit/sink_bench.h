// One instance of a sink, called the way the pipeline calls it, and watched.
#ifndef TESTS_KIT_SINK_BENCH_H_
#define TESTS_KIT_SINK_BENCH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/topology/pipeline_spec.h"
#include "tests/kit/component_home.h"
#include "tests/kit/kit_events.h"

namespace sluice::kit {

// A delivery, and what has come back for it.
class Flight;
using FlightPtr = std::shared_ptr<Flight>;

// What became of events in the end, by id: kDelivered or kRejected.
using Fates = std::map<std::string, Outcome>;

// All errors say what the sink did wrong.
//
// Thread-safety: used by the test's thread.
class SinkBench {
 public:
  // `secret`: must be in no message; empty: there is none.
  SinkBench(ComponentFactory<Sink> make, std::string secret, Patience patience);
  // A sink that does not stop is left behind.
  ~SinkBench();

  // Makes an instance; the one before is stopped.
  absl::Status Make();
  // Make(), and starts it.
  absl::Status Start();
  // Stops the instance, destroys it, and waits until nothing can come any more.
  // Everything has to be answered by then, once.
  absl::Status Stop();

  // REQUIRES: made.
  SinkTraits traits();

  // Hands `events` over. `timeout` zero: that of the sink.
  FlightPtr Send(const Events& events,
                 absl::Duration timeout = absl::ZeroDuration(),
                 uint32_t attempt = 1);
  // Waits for the answer and checks its form.
  absl::StatusOr<DeliveryResult> Answer(const FlightPtr& flight);
  // The same for the outcomes alone, one for each event.
  absl::StatusOr<std::vector<Outcome>> Outcomes(const FlightPtr& flight);
  // Send() and Answer().
  absl::StatusOr<DeliveryResult> Deliver(
      const Events& events, absl::Duration timeout = absl::ZeroDuration());

  // Delivers `events` until each is delivered or rejected: in batches as large
  // as the sink takes, again what is to be repeated, in its order and not
  // before `retry_after`, and in halves what is refused as a whole.
  absl::StatusOr<Fates> Settle(Events events);

  ComponentHome& home() { return home_; }

 private:
  absl::Status CheckForm(const DeliveryResult& result, size_t events);
  absl::Status CheckMessages(const DeliveryResult& result);
  absl::Status CheckReports();
  absl::Status StopInstance();

  const ComponentFactory<Sink> make_;
  const std::string secret_;
  const Patience patience_;
  ComponentHome home_;
  std::unique_ptr<Sink> sink_;
  std::vector<FlightPtr> flights_;
};

}  // namespace sluice::kit

#endif  // TESTS_KIT_SINK_BENCH_H_
