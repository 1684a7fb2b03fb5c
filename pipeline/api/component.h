// What every plugin instance is given by the pipeline.
#ifndef PIPELINE_API_COMPONENT_H_
#define PIPELINE_API_COMPONENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "pipeline/metrics/metrics.h"

namespace sluice {

class RateBudgets;

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

// A stretch of time in which a source could not listen to what it reads.
struct SourceGap {
  enum class State {
    // What was missed is being fetched.
    kOpen,
    // Verified: everything that was published in it has been handed over.
    kClosed,
    // Something may be missing; `reason` says why.
    kUnclosed,
  };
  State state = State::kOpen;
  // A short fixed word: "reconnect", "restart", "first_start".
  std::string cause;
  // By the clock of the other side.
  absl::Time start;
  absl::Time end;
  // Events that were fetched afterwards.
  uint64_t recovered_events = 0;
  std::string reason;
};

// All gaps of a source over its whole life, restarts included.
struct SourceGaps {
  uint64_t open = 0;
  uint64_t closed = 0;
  uint64_t unclosed = 0;
  uint64_t recovered_events = 0;
  // Every open one, and the latest others; oldest first.
  std::vector<SourceGap> recent;
};

// Tells the pipeline, and through it the operator, how a component is. A
// repeated report changes nothing; a changed one is logged once. Called on the
// component's executor.
class HealthReporter {
 public:
  virtual ~HealthReporter() = default;
  virtual void Report(Health health) = 0;
  // Of sources that can miss something: their gaps, whenever something about
  // them is different.
  virtual void ReportGaps(SourceGaps gaps) { static_cast<void>(gaps); }
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
  // Rate limits that components with the same credential share
  // (pipeline/rate/rate_budget.h). Null: this one keeps to itself.
  RateBudgets* rate_budgets = nullptr;

  // The labels that metrics of this component carry.
  MetricLabels metric_labels() const {
    return {{"component", name}, {"pipeline", pipeline}};
  }
};

}  // namespace sluice

#endif  // PIPELINE_API_COMPONENT_H_
