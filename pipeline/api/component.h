// What every plugin instance is given by the pipeline.
#ifndef PIPELINE_API_COMPONENT_H_
#define PIPELINE_API_COMPONENT_H_

#include <string>
#include <string_view>

#include "absl/random/bit_gen_ref.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "pipeline/metrics/metrics.h"

namespace sluice {

enum class HealthState {
  kStarting,
  kHealthy,
  // Working on it by itself: reconnecting, retrying, throttled.
  kDegraded,
  // Stopped until a person changes something: wrong credentials, a feed group
  // that does not exist.
  kPaused,
};

std::string_view HealthStateName(HealthState state);

struct Health {
  HealthState state = HealthState::kStarting;
  // One sentence for the operator. When paused it names the configuration field
  // to look at. Never holds a secret.
  std::string message;
};

// Tells the pipeline, and through it the operator, how a component is. A
// repeated report changes nothing; a changed one is logged once. Called on the
// component's executor.
class HealthReporter {
 public:
  virtual ~HealthReporter() = default;
  virtual void Report(Health health) = 0;
};

// The surroundings of one component, all injected; everything in it outlives
// the component.
struct ComponentContext {
  // Name in the configuration, e.g. "sensors".
  std::string name;
  // Name of the pipeline.
  std::string pipeline;
  // The component's executor: every call to the component comes on it, and its
  // callbacks and timers run on it.
  Executor* executor = nullptr;
  // Bound to `executor`.
  HttpClient* http = nullptr;
  HealthReporter* health = nullptr;
  MetricRegistry* metrics = nullptr;
  // Randomness for jitter and generated ids; seeded in simulations. Used on
  // `executor` only.
  absl::BitGenRef* random = nullptr;

  // The labels that metrics of this component carry.
  MetricLabels metric_labels() const {
    return {{"component", name}, {"pipeline", pipeline}};
  }
};

}  // namespace sluice

#endif  // PIPELINE_API_COMPONENT_H_
