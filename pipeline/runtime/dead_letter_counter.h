// Counts the dead letters of one component by what they died of.
#ifndef PIPELINE_RUNTIME_DEAD_LETTER_COUNTER_H_
#define PIPELINE_RUNTIME_DEAD_LETTER_COUNTER_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "pipeline/metrics/metrics.h"

namespace sluice {

// Thread-safety: as an int.
class DeadLetterCounter {
 public:
  // Reasons beyond this many, in the order they come up, count as "other":
  // each is a metric of its own, and a plugin may have made them of what it
  // was sent.
  static constexpr size_t kMaxReasons = 50;

  // `registry` outlives the counter; `labels` are the component's.
  DeadLetterCounter(MetricRegistry* registry, std::string name,
                    MetricLabels labels);

  void Count(std::string_view reason);

 private:
  Counter* Make(std::string_view reason);

  MetricRegistry* const registry_;
  const std::string name_;
  const MetricLabels labels_;
  std::map<std::string, Counter*, std::less<>> counters_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DEAD_LETTER_COUNTER_H_
